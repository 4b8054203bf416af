#include "core/postgres/read_inventory.h"

#include "core/postgres/inventory_queries.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace strata {

namespace {

// In a transaction of its own, with settings of its own: what was asked, or the refusal.
Result<QueryResult> ask(PgSession& session, const std::string& sql, const std::string& history_schema) {
  const std::vector<Request> requests = {
      {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
      {"SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('lock_timeout', '1s', true), "
       "pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('quote_all_identifiers', 'off', true), "
       "pg_catalog.set_config('jit', 'off', true)"},
      {sql, {history_schema}},
      {"COMMIT"}};
  STRATA_TRY(auto outcome, session.batch(requests));
  if (outcome.refused) {
    STRATA_CHECK(session.query("ROLLBACK"));
    return fail(to_error(*outcome.refused));
  }
  return std::move(outcome.results[2]);
}

std::optional<ObjectKind> parse_kind(const std::string& name) {
  for (auto kind = ObjectKind::schema; kind <= ObjectKind::policy;
       kind = static_cast<ObjectKind>(static_cast<int>(kind) + 1)) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace

Result<Inventory> read_inventory(PgSession& session, const std::string& history_schema) {
  STRATA_TRY(const auto rows, ask(session, inventory_query(session.facts().server_version), history_schema));
  Inventory inventory;
  inventory.objects.reserve(rows.rows());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto properties = nlohmann::json::parse(rows.text(row, 4), nullptr, false);
    const auto kind = parse_kind(rows.text(row, 0));
    if (!kind || !properties.is_object())
      return fail(ErrorCode::bug, "the server's answer about " + rows.text(row, 3) + " is not what was asked for");
    inventory.objects.push_back({*kind, rows.text(row, 1), rows.text(row, 2), rows.text(row, 3),
                                 properties.get<std::map<std::string, std::string>>()});
  }
  std::sort(inventory.objects.begin(), inventory.objects.end(),
            [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  return inventory;
}

Result<std::vector<TableSize>> read_table_sizes(PgSession& session, const std::string& history_schema) {
  STRATA_TRY(const auto rows, ask(session, table_size_query, history_schema));
  std::vector<TableSize> sizes;
  for (std::size_t row = 0; row < rows.rows(); ++row)
    sizes.push_back(
        {rows.text(row, 0), rows.text(row, 1), rows.number(row, 2), rows.number(row, 3), rows.number(row, 4)});
  return sizes;
}

}  // namespace strata
