// A database schema as somebody wants it: plain values that know nothing of the language they were written in, nor of
// the SQL that makes them. Names are the database's own, never empty, and not quoted.
#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strata {

// Objects of this Postgres schema are named without it.
inline constexpr std::string_view default_schema = "public";

// Who wants an object, and where that is written: for messages only, so two objects may differ in nothing else.
struct Definition {
  std::string owner;  // the module
  SourceLocation where;
};

struct ObjectName {
  std::string schema{default_schema};
  std::string name;

  bool operator==(const ObjectName&) const = default;
};

struct Extension {
  std::string name;
  std::string schema;   // empty: Postgres decides
  std::string version;  // empty: the default one
  Definition definition;
};

struct Enumeration {
  ObjectName name;
  std::vector<std::string> values;  // in their order
  Definition definition;
};

enum class BuiltIn {
  text,
  varchar,
  character,
  bit,
  varbit,
  uuid,
  xml,
  inet,
  citext,
  boolean,
  smallint,
  integer,
  bigint,
  oid,
  real,
  double_precision,
  decimal,
  money,
  timestamp,
  timestamptz,
  date,
  time,
  timetz,
  json,
  jsonb,
  bytea
};

struct BuiltInType {
  BuiltIn name = BuiltIn::text;
  std::vector<int> arguments;  // length, precision, or precision and scale; empty: as Postgres has it

  bool operator==(const BuiltInType&) const = default;
};

// A type that only Postgres knows, as SQL: "vector(3)".
struct OtherType {
  std::string sql;

  bool operator==(const OtherType&) const = default;
};

struct ColumnType {
  std::variant<BuiltInType, ObjectName, OtherType> element;  // ObjectName: the enum of that name
  bool list = false;                                         // an array of it

  bool operator==(const ColumnType&) const = default;
};

struct Literal {
  enum class Kind { number, boolean, text, enum_value, date_time, json, bytes };
  Kind kind = Kind::text;
  // number: as SQL has it; boolean: "true" or "false"; bytes: "\x" and lower-case hexadecimal digits;
  // date_time: "2020-01-31 09:30:00.250 +00:00"; else the text itself. Not quoted.
  std::string text;

  bool operator==(const Literal&) const = default;
};

struct LiteralList {
  std::vector<Literal> items;

  bool operator==(const LiteralList&) const = default;
};

struct CurrentTimestamp {
  bool operator==(const CurrentTimestamp&) const = default;
};

struct Expression {
  std::string sql;

  bool operator==(const Expression&) const = default;
};

using ColumnDefault = std::variant<Literal, LiteralList, CurrentTimestamp, Expression>;

struct Column {
  std::string name;
  ColumnType type;
  bool required = true;        // NOT NULL; never so for a list
  bool autoincrement = false;  // has a sequence of its own; then without a default
  std::optional<ColumnDefault> default_value;
  Definition definition;
};

struct PrimaryKey {
  std::string name;
  std::vector<std::string> columns;
  Definition definition;
};

enum class IndexMethod { btree, hash, gin, gist, spgist, brin };
enum class SortOrder { ascending, descending };

struct IndexColumn {
  std::string name;
  std::string operator_class;     // as SQL; empty: the default one
  std::optional<SortOrder> sort;  // said explicitly; else ascending, where the method sorts

  bool operator==(const IndexColumn&) const = default;
};

struct Index {
  std::string name;  // in the schema of its table
  bool unique = false;
  IndexMethod method = IndexMethod::btree;
  std::vector<IndexColumn> columns;
  std::string predicate;  // SQL without WHERE and its parentheses; empty: all rows
  Definition definition;
};

enum class ReferentialAction { no_action, restrict, cascade, set_null, set_default };

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  ObjectName target;
  std::vector<std::string> target_columns;  // as many as columns
  ReferentialAction on_delete = ReferentialAction::no_action;
  ReferentialAction on_update = ReferentialAction::no_action;
  Definition definition;
};

struct Table {
  ObjectName name;
  std::vector<Column> columns;
  std::optional<PrimaryKey> primary_key;
  std::vector<Index> indexes;
  std::vector<ForeignKey> foreign_keys;
  Definition definition;
};

// In every list the order is that in which a script creates the objects.
struct DesiredSchema {
  std::vector<std::string> schemas;  // those that an enum or a table is in
  std::vector<Extension> extensions;
  std::vector<Enumeration> enumerations;
  std::vector<Table> tables;
};

}  // namespace strata
