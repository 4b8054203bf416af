// A run's side of Prisma's history.
#include "core/run.h"

#include "core/base/counted.h"
#include "core/base/stop_point.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace strata {

Result<std::optional<PrismaSide>> meet_prisma(const Site& site, const Catalog* catalog, PgSession& session,
                                              const Applied& applied) {
  if (site.config.prisma == PrismaHistory::off || catalog == nullptr) return std::nullopt;
  const auto& modules = catalog->modules();
  const auto prismas =
      std::find_if(modules.begin(), modules.end(), [](const Module& module) { return module.is_prisma; });
  const auto* owner = prismas != modules.end() ? &*prismas : catalog->find_module(base_module_id);
  if (owner == nullptr) return std::nullopt;
  PrismaSide side{owner, PrismaTable(site.address.schema, site.config.history_schema)};
  STRATA_TRY(const auto rows, side.table.read(session));
  if (!rows && !owner->is_prisma && site.config.prisma != PrismaHistory::on) return std::nullopt;
  side.contact = compare_with_prisma(*owner, applied, rows.value_or(std::vector<PrismaRow>()), site.ledger);
  side.contact.table_is_missing = !rows;
  return side;
}

Result<void> Run::read_prisma() {
  STRATA_TRY(prisma_, meet_prisma(site_, catalog_, session(), applied_));
  if (!prisma_) return {};
  const char* no_lock = std::getenv("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK");
  const bool locks = no_lock == nullptr || std::string_view(no_lock).empty() || std::string_view(no_lock) == "0";
  if (!prisma_lock_ && locks) {
    STRATA_TRY(prisma_lock_,
               RunLock::take(
                   session(), site_.lock_wait,
                   [this](const std::string& holder) { site_.say("waiting for prisma migrate: " + holder); },
                   prisma_lock_key));
    // It may have changed before the lock was ours.
    STRATA_TRY(prisma_, meet_prisma(site_, catalog_, session(), applied_));
  }
  applied_ = with_adopted(std::move(applied_), prisma_->contact);
  return {};
}

// Everything that Prisma did and strata did not know, and the other way round, in one transaction.
Result<void> Run::adopt_from_prisma() {
  const auto contact = std::move(prisma_->contact);
  std::vector<Request> rows;
  if (contact.table_is_missing) rows.push_back(prisma_->table.create());
  for (const auto* migration : contact.unwritten)
    rows.push_back(prisma_->table.insert_applied(migration->id.name, hex(applied_.at(migration->id).sha256),
                                                 migration->id.text()));
  STRATA_TRY(const auto known, history_.read_applied(session()));
  std::int64_t position = 1;
  for (const auto& [id, record] : known) position = std::max(position, record.position + 1);
  STRATA_CHECK(adopt(session(), history_, chain_, identity_, *catalog_, contact.adopted, position, site_.clock,
                     std::move(rows)));
  if (!contact.adopted.empty())
    site_.say("adopted from Prisma's table: " + counted(contact.adopted.size(), "migration"));
  STRATA_STOP_POINT("adopted");
  return read_again();
}

}  // namespace strata
