// What a database holds: every object that migrations make, as plain values under the names that people use. Read from
// Postgres (core/postgres/read_inventory.h), kept in the ledger, compared, and asked by the forecast.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace strata {

// Written to the ledger by name (name_of): never rename.
enum class ObjectKind : std::uint8_t {
  schema,
  extension,
  type,      // enum, composite, domain, range
  function,  // also procedures and aggregates
  sequence,
  table,  // also partitioned and foreign ones
  view,
  materialized_view,
  column,      // of a table, view or materialized view
  constraint,  // of a table
  index,       // without those that a constraint made
  statistics,
  trigger,
  rule,
  policy,
};

const char* name_of(ObjectKind kind);  // "materialized view", …

// `properties` say everything about the object that is compared. A property that is absent has its usual value: false,
// none. Lists are joined with ", ". Names in them are qualified ("cases.case") and quoted where Postgres needs it;
// types are as format_type() prints them with an empty search_path ("character varying(20)", "cases.case_state[]").
//
//   extension          schema, version (printed)
//   type               form (enum | composite | domain | range); labels; attributes ("a integer, b text"); base,
//                      not_null, default (printed), collation, checks (printed); subtype
//   function           form (function | procedure | aggregate | window), arguments, returns, language,
//                      volatility (immutable | stable | volatile), strict, security_definer, leakproof, parallel,
//                      settings, body, sql_body (printed), cost, rows, support, aggregate (its parts)
//   sequence           type, start, increment, minimum, maximum, cache, cycle, owned_by ("cases.case.id")
//   table              form (table | partitioned | foreign), persistence (unlogged), partition_of ("cases.event"),
//                      bound (printed), partition_key (printed), inherits, row_security (enabled | forced), options,
//                      replica_identity, access_method (other than heap), server
//   view               definition (printed), options
//   materialized view  definition (printed), options
//   column             type, not_null, default (printed), identity (always | by default), generated (printed),
//                      generated_form (stored | virtual), collation, storage, compression, statistics_target, options
//   constraint         form (primary key | unique | check | foreign key | exclusion), columns, references (the other
//                      table, of a foreign key), definition (printed for check and exclusion), not_valid, deferrable,
//                      triggers (disabled: a foreign key that is not enforced)
//   index              columns (plain ones; "(expression)" stands for another), unique, method, invalid, partial,
//                      nulls_not_distinct, definition (printed)
//   statistics         definition
//   trigger            definition, enabled (other than origin), function
//   rule               definition (printed), enabled (other than origin)
//   policy             command, restrictive, roles, using (printed), check (printed)
//   any                comment
struct DatabaseObject {
  ObjectKind kind = ObjectKind::table;
  std::string schema;  // empty for extensions; of a schema its own name
  std::string parent;  // the table or view, for column … policy; else empty
  std::string name;    // of a function with its argument types: "touch(integer, text)"; of a schema empty
  std::map<std::string, std::string> properties{};

  bool operator==(const DatabaseObject&) const = default;

  // The property, or "" where it is absent.
  const std::string& property(const std::string& key) const;
};

// Printed by the server from what it has parsed: another major version may print the same thing otherwise.
bool is_printed_by_server(const DatabaseObject& object, std::string_view property);

// "column cases.case.priority", "function cases.touch(integer)"
std::string described(const DatabaseObject& object);

// By schema, parent, kind and name: the order in which an inventory is kept.
inline auto key_of(const DatabaseObject& object) {
  return std::tie(object.schema, object.parent, object.kind, object.name);
}

// How big a table is, as the server knew it without counting.
struct TableSize {
  std::string schema;
  std::string name;
  std::int64_t rows = -1;        // -1: never analysed
  std::int64_t heap_bytes = 0;   // with its TOAST table
  std::int64_t index_bytes = 0;  // of all its indexes

  bool operator==(const TableSize&) const = default;
};

struct Inventory {
  std::vector<DatabaseObject> objects;  // sorted by key_of, each key once

  bool operator==(const Inventory&) const = default;

  // Null where there is none.
  const DatabaseObject* find(ObjectKind kind, std::string_view schema, std::string_view parent,
                             std::string_view name) const;
};

}  // namespace strata
