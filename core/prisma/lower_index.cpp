#include "core/prisma/lower_index.h"

#include "core/prisma/criterion.h"
#include "core/prisma/definition.h"
#include "core/prisma/lower_predicate.h"
#include "core/prisma/refusal.h"

#include <algorithm>

namespace strata::prisma {

namespace {

using Arguments = std::vector<Argument>;
using Kind = Criterion::Kind;

constexpr std::pair<std::string_view, IndexMethod> methods[] = {
    {"BTree", IndexMethod::btree}, {"Hash", IndexMethod::hash},     {"Gin", IndexMethod::gin},
    {"Gist", IndexMethod::gist},   {"SpGist", IndexMethod::spgist}, {"Brin", IndexMethod::brin}};

// The endings of operator classes, the longer ones first.
constexpr std::pair<std::string_view, std::string_view> class_endings[] = {{"MinMaxMultiOps", "_minmax_multi_ops"},
                                                                           {"MinMaxOps", "_minmax_ops"},
                                                                           {"InclusionOps", "_inclusion_ops"},
                                                                           {"BloomOps", "_bloom_ops"},
                                                                           {"PathOps", "_path_ops"},
                                                                           {"Ops", "_ops"}};

std::string lower_case(std::string_view text) {
  std::string result;
  for (const char c : text) result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

const Value* argument_named(const Arguments& arguments, std::string_view name) {
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const Argument& argument) { return argument.name == name; });
  return found == arguments.end() ? nullptr : &found->value;
}

// JsonbPathOps -> jsonb_path_ops, TimestampTzMinMaxMultiOps -> timestamptz_minmax_multi_ops; raw("x") -> x. Empty for
// the default class.
Result<std::string> lower_operator_class(const SchemaFile& file, const Arguments& arguments) {
  const auto* ops = argument_named(arguments, "ops");
  if (ops == nullptr) return std::string();
  if (ops->kind == Value::Kind::call && !ops->arguments.empty()) return ops->arguments.front().value.text;
  const std::string_view name = ops->text;
  for (const auto& [ending, sql] : class_endings) {
    if (name.ends_with(ending)) return lower_case(name.substr(0, name.size() - ending.size())).append(sql);
  }
  return refuse(file, ops->place, ops->text + " is no operator class");
}

std::optional<SortOrder> lower_sort(const Arguments& arguments) {
  const auto* sort = argument_named(arguments, "sort");
  if (sort == nullptr) return std::nullopt;
  return sort->text == "Desc" ? SortOrder::descending : SortOrder::ascending;
}

Result<IndexMethod> lower_method(const SchemaFile& file, const Arguments& arguments) {
  const auto* type = argument_named(arguments, "type");
  if (type == nullptr) return IndexMethod::btree;
  const auto* found = std::find_if(std::begin(methods), std::end(methods),
                                   [&](const auto& method) { return method.first == type->text; });
  if (found == std::end(methods)) return refuse(file, type->place, type->text + " is no type of index");
  return found->second;
}

std::vector<std::string> column_names(const Block& model, const Criterion& criterion) {
  std::vector<std::string> names;
  for (const auto& field : criterion.fields) names.push_back(database_name(*field_named(model, field)));
  return names;
}

Result<Index> lower_index(const Declaration& model, const Criterion& criterion) {
  const auto& [file, block] = model;
  const auto& attribute = *criterion.attribute;
  Index index{.name = database_name(model, criterion),
              .unique = criterion.kind == Kind::unique,
              .definition = defined_at(*file, attribute.place)};
  STRATA_TRY(index.method, lower_method(*file, attribute.arguments));
  STRATA_TRY(index.predicate, lower_predicate(model, attribute));
  const auto names = column_names(*block, criterion);
  for (std::size_t i = 0; i < names.size(); ++i) {
    // At a field, what is said of its column stands in the attribute itself.
    const auto& arguments = criterion.of_block ? criterion.columns[i]->arguments : attribute.arguments;
    IndexColumn column{.name = names[i], .operator_class = "", .sort = lower_sort(arguments)};
    STRATA_TRY(column.operator_class, lower_operator_class(*file, arguments));
    index.columns.push_back(std::move(column));
  }
  return index;
}

}  // namespace

Result<std::optional<PrimaryKey>> lower_primary_key(const SchemaIndex& index, const Declaration& model) {
  STRATA_TRY(const auto criteria, criteria_of(index, model));
  const auto id = std::find_if(criteria.begin(), criteria.end(),
                               [](const Criterion& criterion) { return criterion.kind == Kind::id; });
  if (id == criteria.end()) return std::nullopt;
  return PrimaryKey{.name = database_name(model, *id),
                    .columns = column_names(*model.block, *id),
                    .definition = defined_at(*model.file, id->attribute->place)};
}

Result<std::vector<Index>> lower_indexes(const SchemaIndex& index, const Declaration& model) {
  STRATA_TRY(const auto criteria, criteria_of(index, model));
  std::vector<Index> indexes;
  for (const auto& [kind, of_block] : {std::pair(Kind::unique, false), {Kind::index, true}, {Kind::unique, true}}) {
    for (const auto& criterion : criteria) {
      if (criterion.kind != kind || criterion.of_block != of_block) continue;
      STRATA_TRY(indexes.emplace_back(), lower_index(model, criterion));
    }
  }
  return indexes;
}

}  // namespace strata::prisma
