#include "core/prisma/lower_index.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/look_up.h"
#include "core/prisma/lower_predicate.h"

#include <algorithm>

namespace strata::prisma {

namespace {

using Arguments = std::vector<Argument>;

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

std::string name_or(const Arguments& arguments, std::string_view argument, std::string otherwise) {
  const auto* name = find_argument(arguments, argument);
  return name ? name->text : otherwise;
}

// JsonbPathOps -> jsonb_path_ops, TimestampTzMinMaxMultiOps -> timestamptz_minmax_multi_ops; raw("x") -> x.
Result<std::string> lower_operator_class(const SchemaFile& file, const Value& ops) {
  if (ops.kind == Value::Kind::call) {
    const auto* sql = find_main_argument(ops.arguments, "value");
    return sql ? sql->text : std::string();
  }
  const std::string_view name = ops.text;
  for (const auto& [ending, sql] : class_endings) {
    if (name.ends_with(ending)) return lower_case(name.substr(0, name.size() - ending.size())).append(sql);
  }
  return refuse(file, ops.place, ops.text + " is no operator class");
}

std::optional<SortOrder> lower_sort(const Arguments& arguments) {
  const auto* sort = find_argument(arguments, "sort");
  if (!sort) return std::nullopt;
  return sort->text == "Desc" ? SortOrder::descending : SortOrder::ascending;
}

Result<IndexMethod> lower_method(const SchemaFile& file, const Arguments& arguments) {
  const auto* type = find_argument(arguments, "type");
  if (!type) return IndexMethod::btree;
  const auto* found = std::find_if(std::begin(methods), std::end(methods),
                                   [&](const auto& method) { return method.first == type->text; });
  if (found == std::end(methods)) return refuse(file, type->place, type->text + " is no type of index");
  return found->second;
}

// Of @unique, which stands at its one field.
Result<Index> lower_field_unique(const Declared& model, const Entry& field, const Attribute& unique) {
  const auto column = database_name(field);
  STRATA_TRY(auto predicate, lower_predicate(model, unique));
  return Index{.name = name_or(unique.arguments, "map", unique_name(model.name.name, {column})),
               .unique = true,
               .columns = {{.name = column, .operator_class = "", .sort = lower_sort(unique.arguments)}},
               .predicate = std::move(predicate),
               .definition = defined_at(*model.file, unique.place)};
}

// Of @@index and @@unique.
Result<Index> lower_block_index(const Declared& model, const Attribute& attribute, bool unique) {
  const auto* fields = find_main_argument(attribute.arguments, "fields");
  STRATA_TRY(const auto names, lower_column_names(model, fields, attribute.place));
  Index index{.unique = unique, .definition = defined_at(*model.file, attribute.place)};
  STRATA_TRY(index.method, lower_method(*model.file, attribute.arguments));
  STRATA_TRY(index.predicate, lower_predicate(model, attribute));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& arguments = fields->items[i].arguments;
    IndexColumn column{.name = names[i], .sort = lower_sort(arguments)};
    if (const auto* ops = find_argument(arguments, "ops")) {
      STRATA_TRY(column.operator_class, lower_operator_class(*model.file, *ops));
    }
    index.columns.push_back(std::move(column));
  }
  // `name` of a unique is the client's, of an index an old word for `map`.
  const auto made = unique ? unique_name(model.name.name, names)
                           : name_or(attribute.arguments, "name", index_name(model.name.name, names));
  index.name = name_or(attribute.arguments, "map", made);
  return index;
}

PrimaryKey primary_key(const Declared& model, const Attribute& id, std::vector<std::string> columns) {
  return {.name = name_or(id.arguments, "map", primary_key_name(model.name.name)),
          .columns = std::move(columns),
          .definition = defined_at(*model.file, id.place)};
}

}  // namespace

Result<std::optional<PrimaryKey>> lower_primary_key(const Declared& model) {
  for (const auto& field : model.block->entries) {
    if (field.kind != Entry::Kind::field) continue;
    if (const auto* id = find_attribute(field, "id")) return primary_key(model, *id, {database_name(field)});
  }
  for (const auto* id : block_attributes(*model.block, "id")) {
    STRATA_TRY(auto columns, lower_column_names(model, find_main_argument(id->arguments, "fields"), id->place));
    return primary_key(model, *id, std::move(columns));
  }
  return std::nullopt;
}

Result<std::vector<Index>> lower_indexes(const Declared& model) {
  std::vector<Index> indexes;
  for (const auto& field : model.block->entries) {
    const auto* unique = field.kind == Entry::Kind::field ? find_attribute(field, "unique") : nullptr;
    if (!unique) continue;
    STRATA_TRY(indexes.emplace_back(), lower_field_unique(model, field, *unique));
  }
  for (const auto* attribute : block_attributes(*model.block, "index")) {
    STRATA_TRY(indexes.emplace_back(), lower_block_index(model, *attribute, false));
  }
  for (const auto* attribute : block_attributes(*model.block, "unique")) {
    STRATA_TRY(indexes.emplace_back(), lower_block_index(model, *attribute, true));
  }
  return indexes;
}

Result<std::vector<std::string>> lower_column_names(const Declared& model, const Value* list, Place place) {
  if (!list || list->items.empty()) return refuse(*model.file, place, "a list of fields is missing here");
  std::vector<std::string> names;
  for (const auto& item : list->items) {
    const auto* field = find_field(*model.block, item.text);
    if (!field) return refuse(*model.file, item.place, model.block->name + " has no field " + item.text);
    names.push_back(database_name(*field));
  }
  return names;
}

}  // namespace strata::prisma
