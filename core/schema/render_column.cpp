#include "core/schema/render_column.h"

#include "core/sql/quote.h"

namespace strata {

namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

const char* sql_name(BuiltIn name) {
  switch (name) {
    case BuiltIn::text:
      return "TEXT";
    case BuiltIn::varchar:
      return "VARCHAR";
    case BuiltIn::character:
      return "CHAR";
    case BuiltIn::bit:
      return "BIT";
    case BuiltIn::varbit:
      return "VARBIT";
    case BuiltIn::uuid:
      return "UUID";
    case BuiltIn::xml:
      return "XML";
    case BuiltIn::inet:
      return "INET";
    case BuiltIn::citext:
      return "CITEXT";
    case BuiltIn::boolean:
      return "BOOLEAN";
    case BuiltIn::smallint:
      return "SMALLINT";
    case BuiltIn::integer:
      return "INTEGER";
    case BuiltIn::bigint:
      return "BIGINT";
    case BuiltIn::oid:
      return "OID";
    case BuiltIn::real:
      return "REAL";
    case BuiltIn::double_precision:
      return "DOUBLE PRECISION";
    case BuiltIn::decimal:
      return "DECIMAL";
    case BuiltIn::money:
      return "MONEY";
    case BuiltIn::timestamp:
      return "TIMESTAMP";
    case BuiltIn::timestamptz:
      return "TIMESTAMPTZ";
    case BuiltIn::date:
      return "DATE";
    case BuiltIn::time:
      return "TIME";
    case BuiltIn::timetz:
      return "TIMETZ";
    case BuiltIn::json:
      return "JSON";
    case BuiltIn::jsonb:
      return "JSONB";
    case BuiltIn::bytea:
      return "BYTEA";
  }
  return "";
}

std::string render_built_in(const BuiltInType& type) {
  std::string result = sql_name(type.name);
  for (std::size_t i = 0; i < type.arguments.size(); ++i)
    result += (i == 0 ? "(" : ",") + std::to_string(type.arguments[i]);
  return type.arguments.empty() ? result : result + ")";
}

// Null where Postgres has no such shorthand: an OID column gets no sequence.
const char* serial_type(const ColumnType& type) {
  const auto* built_in = std::get_if<BuiltInType>(&type.element);
  if (!built_in || type.list) return nullptr;
  switch (built_in->name) {
    case BuiltIn::smallint:
      return "SMALLSERIAL";
    case BuiltIn::integer:
      return "SERIAL";
    case BuiltIn::bigint:
      return "BIGSERIAL";
    default:
      return nullptr;
  }
}

std::string render_literal(const Literal& literal) {
  const bool bare = literal.kind == Literal::Kind::number || literal.kind == Literal::Kind::boolean;
  return bare ? literal.text : quote_literal(literal.text);
}

std::string render_list(const LiteralList& list, const ColumnType& type) {
  std::string items;
  for (const auto& item : list.items) items += (items.empty() ? "" : ", ") + render_literal(item);
  return "ARRAY[" + items + "]::" + render_type(type);
}

std::string render_default(const Column& column) {
  return std::visit(Overloaded{[](const Literal& literal) { return render_literal(literal); },
                               [&](const LiteralList& list) { return render_list(list, column.type); },
                               [](const CurrentTimestamp&) { return std::string("CURRENT_TIMESTAMP"); },
                               [](const Expression& expression) { return expression.sql; }},
                    *column.default_value);
}

}  // namespace

std::string render_name(const ObjectName& name) {
  if (name.schema == default_schema) return quote_identifier(name.name);
  return quote_identifier(name.schema) + "." + quote_identifier(name.name);
}

std::string render_type(const ColumnType& type) {
  const auto element = std::visit(Overloaded{[](const BuiltInType& built_in) { return render_built_in(built_in); },
                                             [](const ObjectName& enumeration) { return render_name(enumeration); },
                                             [](const OtherType& other) { return other.sql; }},
                                  type.element);
  return type.list ? element + "[]" : element;
}

std::string render_column(const Column& column) {
  const auto* serial = column.autoincrement ? serial_type(column.type) : nullptr;
  auto line = quote_identifier(column.name) + " " + (serial ? serial : render_type(column.type));
  if (column.required && !column.type.list) line += " NOT NULL";
  if (column.default_value) line += " DEFAULT " + render_default(column);
  return line;
}

}  // namespace strata
