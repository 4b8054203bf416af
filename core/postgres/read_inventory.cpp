#include "core/postgres/read_inventory.h"

#include "core/postgres/inventory_queries.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace strata {

namespace {

// In a transaction of its own, with settings of its own (the patience is shorter than any deadlock_timeout, so that
// nobody else is ended for the sake of a look): the answers, or the first refusal.
Result<std::vector<QueryResult>> ask(PgSession& session, const std::vector<Request>& questions) {
  std::vector<Request> requests = {
      {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
      {"SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('lock_timeout', '200ms', true), "
       "pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('quote_all_identifiers', 'off', true), "
       "pg_catalog.set_config('jit', 'off', true)"}};
  requests.insert(requests.end(), questions.begin(), questions.end());
  requests.push_back({"COMMIT"});
  STRATA_TRY(auto outcome, session.batch(requests));
  if (outcome.refused) {
    STRATA_CHECK(session.query("ROLLBACK"));
    return fail(to_error(*outcome.refused));
  }
  outcome.results.erase(outcome.results.begin(), outcome.results.begin() + 2);
  outcome.results.pop_back();
  return std::move(outcome.results);
}

std::optional<ObjectKind> parse_kind(const std::string& name) {
  for (auto kind = ObjectKind::schema; kind <= ObjectKind::policy;
       kind = static_cast<ObjectKind>(static_cast<int>(kind) + 1)) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

Result<Inventory> inventory_of(const QueryResult& rows) {
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

}  // namespace

Result<Inventory> read_inventory(PgSession& session, const std::string& history_schema) {
  const auto query = inventory_query(session.facts().server_version);
  STRATA_TRY(const auto answers, ask(session, {{query, {history_schema}}}));
  return inventory_of(answers[0]);
}

Result<DatabaseContents> read_contents(PgSession& session, const std::string& history_schema) {
  const auto query = inventory_query(session.facts().server_version);
  STRATA_TRY(const auto answers,
             ask(session, {{query, {history_schema}}, {table_size_query, {history_schema}}, {role_query}}));
  DatabaseContents contents;
  STRATA_TRY(contents.inventory, inventory_of(answers[0]));
  const auto& sizes = answers[1];
  for (std::size_t row = 0; row < sizes.rows(); ++row) {
    contents.sizes.push_back(
        {sizes.text(row, 0), sizes.text(row, 1), sizes.number(row, 2), sizes.number(row, 3), sizes.number(row, 4)});
  }
  for (std::size_t row = 0; row < answers[2].rows(); ++row) contents.roles.push_back(answers[2].text(row, 0));
  return contents;
}

}  // namespace strata
