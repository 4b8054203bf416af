#include "core/postgres/scratch_database.h"

#include "core/base/uuid.h"
#include "core/postgres/embedded_server.h"
#include "core/sql/quote.h"

#include <optional>
#include <set>
#include <utility>

namespace strata {

namespace {

constexpr const char* prefix = "strata_scratch_";

// Held by the session that made the database, for as long as it is wanted.
std::string lock_key(const std::string& name) {
  return "pg_catalog.hashtext(" + quote_literal(name) + ")";
}

Result<PgSession> connect(DatabaseAddress address, const std::string& database) {
  for (auto& [name, value] : address.parameters) {
    if (name == "dbname") value = database;
  }
  return PgSession::connect(address, {.application_name = "strata scratch"});
}

Result<void> drop_left_overs(PgSession& session) {
  STRATA_TRY(const auto rows, session.query("SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE '" +
                                            std::string(prefix) + "%' ORDER BY 1"));
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto& name = rows.text(row, 0);
    STRATA_TRY(const auto free, session.query("SELECT pg_catalog.pg_try_advisory_lock(" + lock_key(name) + ")"));
    if (free.text(0, 0) != "t") continue;
    // Refused while a statement of a killed command is still at work in it: then the next one drops it.
    static_cast<void>(session.query("DROP DATABASE IF EXISTS " + quote_identifier(name)));
    STRATA_CHECK(session.query("SELECT pg_catalog.pg_advisory_unlock(" + lock_key(name) + ")"));
  }
  return {};
}

}  // namespace

struct ScratchDatabase::Impl {
  PgSession maintenance;
  std::string name;
  std::optional<PgSession> session{};

  ~Impl() {
    session.reset();
    // Left over where the server is gone: the next one drops it.
    static_cast<void>(maintenance.query("DROP DATABASE IF EXISTS " + quote_identifier(name)));
  }
};

ScratchDatabase::ScratchDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScratchDatabase::ScratchDatabase(ScratchDatabase&&) noexcept = default;
ScratchDatabase& ScratchDatabase::operator=(ScratchDatabase&&) noexcept = default;
ScratchDatabase::~ScratchDatabase() = default;

Result<ScratchDatabase> ScratchDatabase::create(const std::string& state_folder) {
  STRATA_TRY(const auto address, EmbeddedServer(state_folder, cluster).ensure_running());
  STRATA_TRY(auto maintenance, connect(address, "postgres"));
  STRATA_CHECK(drop_left_overs(maintenance));
  const auto name = prefix + make_uuid().substr(0, 8);
  STRATA_CHECK(maintenance.query("SELECT pg_catalog.pg_advisory_lock(" + lock_key(name) + ")"));
  STRATA_CHECK(maintenance.query("CREATE DATABASE " + quote_identifier(name) + " TEMPLATE template0 ENCODING 'UTF8'"));
  auto impl = std::make_unique<Impl>(std::move(maintenance), name);
  STRATA_TRY(impl->session, connect(address, name));
  return ScratchDatabase(std::move(impl));
}

PgSession& ScratchDatabase::session() {
  return *impl_->session;
}

Result<void> ScratchDatabase::make_surroundings(const std::vector<std::string>& roles,
                                                const std::string& database_name) {
  STRATA_TRY(const auto rows, impl_->maintenance.query("SELECT rolname FROM pg_catalog.pg_roles"));
  std::set<std::string> known;
  for (std::size_t row = 0; row < rows.rows(); ++row) known.insert(rows.text(row, 0));
  for (const auto& role : roles) {
    if (known.contains(role)) continue;
    const auto made = impl_->maintenance.query("CREATE ROLE " + quote_identifier(role) + " SUPERUSER");
    if (!made && made.error().sqlstate != "42710") return fail(made.error());  // another replay was quicker
  }
  STRATA_TRY(const auto there, impl_->maintenance.query("SELECT FROM pg_catalog.pg_database WHERE datname = " +
                                                        quote_literal(database_name)));
  if (database_name.empty() || there.rows() != 0) return {};
  const auto made = impl_->maintenance.query("CREATE DATABASE " + quote_identifier(database_name));
  if (!made && made.error().sqlstate != "42P04" && made.error().sqlstate != "23505") return fail(made.error());
  return {};
}

}  // namespace strata
