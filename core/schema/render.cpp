#include "core/schema/render.h"

#include "core/schema/render_column.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

// Steps put together, each with its comment line.
class Script {
 public:
  void add(const char* kind, const std::string& statement) {
    if (!text_.empty()) text_ += '\n';
    text_ += "-- ";
    text_ += kind;
    text_ += '\n' + statement + ";\n";
  }

  std::string take() && { return text_.empty() ? "-- This is an empty migration.\n" : std::move(text_); }

 private:
  std::string text_;
};

std::string quoted(const std::vector<std::string>& names, std::string_view separator) {
  std::string result;
  for (const auto& name : names) {
    if (!result.empty()) result += separator;
    result += quote_identifier(name);
  }
  return result;
}

std::string create_extension(const Extension& extension) {
  auto sql = "CREATE EXTENSION IF NOT EXISTS " + quote_identifier(extension.name);
  if (!extension.schema.empty() || !extension.version.empty()) sql += " WITH";
  if (!extension.schema.empty()) sql += " SCHEMA " + quote_identifier(extension.schema);
  if (!extension.version.empty()) sql += " VERSION " + quote_identifier(extension.version);
  return sql;
}

std::string create_enumeration(const Enumeration& enumeration) {
  std::string values;
  for (const auto& value : enumeration.values) values += (values.empty() ? "" : ", ") + quote_literal(value);
  return "CREATE TYPE " + render_name(enumeration.name) + " AS ENUM (" + values + ")";
}

std::string create_table(const Table& table) {
  std::string lines;
  for (const auto& column : table.columns) lines += (lines.empty() ? "    " : ",\n    ") + render_column(column);
  if (table.primary_key) {
    lines += ",\n\n    CONSTRAINT " + quote_identifier(table.primary_key->name) + " PRIMARY KEY (" +
             quoted(table.primary_key->columns, ",") + ")";
  }
  return "CREATE TABLE " + render_name(table.name) + " (\n" + lines + "\n)";
}

// With what leads up to the parenthesis, where only USING puts a blank before it.
const char* using_method(IndexMethod method) {
  switch (method) {
    case IndexMethod::btree:
      return "";
    case IndexMethod::hash:
      return " USING HASH ";
    case IndexMethod::gin:
      return " USING GIN ";
    case IndexMethod::gist:
      return " USING GIST ";
    case IndexMethod::spgist:
      return " USING SPGIST ";
    case IndexMethod::brin:
      return " USING BRIN ";
  }
  return "";
}

std::string index_columns(const std::vector<IndexColumn>& columns) {
  std::string result;
  for (const auto& column : columns) {
    result += (result.empty() ? "" : ", ") + quote_identifier(column.name);
    if (!column.operator_class.empty()) result += " " + column.operator_class;
    if (column.sort) result += *column.sort == SortOrder::ascending ? " ASC" : " DESC";
  }
  return result;
}

std::string create_index(const Index& index, const ObjectName& table) {
  auto sql = std::string("CREATE ") + (index.unique ? "UNIQUE " : "") + "INDEX " + quote_identifier(index.name) +
             " ON " + render_name(table) + using_method(index.method) + "(" + index_columns(index.columns) + ")";
  if (!index.predicate.empty()) sql += " WHERE (" + index.predicate + ")";
  return sql;
}

const char* sql_name(ReferentialAction action) {
  switch (action) {
    case ReferentialAction::no_action:
      return "NO ACTION";
    case ReferentialAction::restrict:
      return "RESTRICT";
    case ReferentialAction::cascade:
      return "CASCADE";
    case ReferentialAction::set_null:
      return "SET NULL";
    case ReferentialAction::set_default:
      return "SET DEFAULT";
  }
  return "";
}

std::string add_foreign_key(const ForeignKey& key, const ObjectName& table) {
  return "ALTER TABLE " + render_name(table) + " ADD CONSTRAINT " + quote_identifier(key.name) + " FOREIGN KEY (" +
         quoted(key.columns, ", ") + ") REFERENCES " + render_name(key.target) + "(" +
         quoted(key.target_columns, ", ") + ") ON DELETE " + sql_name(key.on_delete) + " ON UPDATE " +
         sql_name(key.on_update);
}

}  // namespace

std::string creation_script(const DesiredSchema& schema) {
  Script script;
  for (const auto& name : schema.schemas)
    script.add("CreateSchema", "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(name));
  for (const auto& extension : schema.extensions) script.add("CreateExtension", create_extension(extension));
  for (const auto& enumeration : schema.enumerations) script.add("CreateEnum", create_enumeration(enumeration));
  for (const auto& table : schema.tables) script.add("CreateTable", create_table(table));
  for (const auto& table : schema.tables) {
    for (const auto& index : table.indexes) script.add("CreateIndex", create_index(index, table.name));
  }
  for (const auto& table : schema.tables) {
    for (const auto& key : table.foreign_keys) script.add("AddForeignKey", add_foreign_key(key, table.name));
  }
  return std::move(script).take();
}

}  // namespace strata
