#include "core/prisma/attribute_rules.h"

#include "core/prisma/refusal.h"

#include <algorithm>
#include <set>

namespace strata::prisma {

namespace {

struct Rule {
  std::string_view name;
  std::string_view positional;  // the argument that may come without a name; empty: none
  bool needs_argument = false;  // the positional one
  std::vector<std::string_view> named;
};
using Rules = std::vector<Rule>;

const Rules& rules_of_column() {
  static const Rules rules = {{"id", "", false, {"map"}},     {"unique", "", false, {"map", "sort", "where"}},
                              {"default", "value", true, {}}, {"updatedAt", "", false, {}},
                              {"map", "name", true, {}},      {"ignore", "", false, {}}};
  return rules;
}

const Rules& rules_of_relation() {
  static const Rules rules = {{"relation", "name", false, {"fields", "references", "onDelete", "onUpdate", "map"}},
                              {"ignore", "", false, {}}};
  return rules;
}

const Rules& rules_of_enum_value() {
  static const Rules rules = {{"map", "name", true, {}}};
  return rules;
}

const Rules& rules_of_block(Block::Kind kind) {
  static const Rules model = {{"id", "fields", true, {"map", "name"}},
                              {"unique", "fields", true, {"map", "name", "where"}},
                              {"index", "fields", true, {"map", "name", "type", "where"}},
                              {"map", "name", true, {}},
                              {"ignore", "", false, {}},
                              {"schema", "map", true, {}}};
  static const Rules view = {{"unique", "fields", true, {"map", "name"}},
                             {"map", "name", true, {}},
                             {"ignore", "", false, {}},
                             {"schema", "map", true, {}}};
  static const Rules enumeration = {{"map", "name", true, {}}, {"schema", "map", true, {}}};
  return kind == Block::Kind::model ? model : kind == Block::Kind::view ? view : enumeration;
}

std::string listed(const Rules& rules, const std::string& sign) {
  std::string text;
  for (const auto& rule : rules) text += (text.empty() ? "" : ", ") + sign + std::string(rule.name);
  return text;
}

// Attributes and arguments of other databases, or of other places, that deserve a better answer than "not known".
std::string better_answer(const std::string& name) {
  if (name == "fulltext") return "PostgreSQL has no full-text index of this kind: use @@index with type: Gin";
  if (name == "length") return "PostgreSQL has no prefix indexes: remove it";
  if (name == "clustered") return "only SQL Server has it: remove it";
  return "";
}

Result<void> check_arguments(const SchemaFile& file, const std::string& shown, const Attribute& attribute,
                             const Rule& rule) {
  std::set<std::string_view> given;
  for (const auto& argument : attribute.arguments) {
    const auto name = argument.name.empty() ? rule.positional : std::string_view(argument.name);
    if (name.empty()) return refuse(file, argument.place, shown + " takes no argument without a name");
    const bool known =
        name == rule.positional || std::find(rule.named.begin(), rule.named.end(), name) != rule.named.end();
    if (!known) {
      return refuse(file, argument.place, shown + " has no argument \"" + std::string(name) + "\"",
                    better_answer(std::string(name)));
    }
    if (!given.insert(name).second) {
      return refuse(file, argument.place, shown + " is given \"" + std::string(name) + "\" twice",
                    argument.name.empty() ? "write several fields as a list: [a, b]" : "remove one of them");
    }
  }
  if (rule.needs_argument && given.count(rule.positional) == 0) {
    return refuse(file, attribute.place, shown + " lacks its argument \"" + std::string(rule.positional) + "\"",
                  "write " + shown + "(" + (rule.positional == "fields" ? "[a, b]" : "\xe2\x80\xa6") + ")");
  }
  return {};
}

// Arguments whose kind of value is the same wherever they stand.
Result<void> check_values(const SchemaFile& file, const std::string& shown, const Attribute& attribute,
                          const Rules& rules) {
  for (const auto& argument : attribute.arguments) {
    const bool is_map_attribute = attribute.name == "map" || attribute.name == "schema";
    const bool is_name = argument.name == "map" || argument.name == "name" ||
                         (is_map_attribute && argument.name.empty()) ||
                         (attribute.name == "relation" && argument.name.empty());
    if (!is_name) continue;
    const auto& value = argument.value;
    if (value.kind != Value::Kind::text) {
      return refuse(file, value.place, "expected a string in " + shown, "write it in double quotes");
    }
    // Of PostgreSQL's names only the value of an enum may be empty.
    if (value.text.empty() && &rules != &rules_of_enum_value()) {
      return refuse(file, value.place, "an empty name in " + shown, "remove it, or write a name");
    }
    if (argument.name == "map" && value.text.size() > 63) {
      return refuse(
          file, value.place,
          "the name in " + shown + " has " + std::to_string(value.text.size()) + " bytes; PostgreSQL cuts names at 63",
          "choose a shorter one");
    }
  }
  return {};
}

Result<void> check_attribute(const SchemaFile& file, const Attribute& attribute, const std::string& sign,
                             const Rules& rules, const std::string& where, const std::string& others = {}) {
  const auto shown = sign + attribute.name;
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.name == attribute.name; });
  if (rule == rules.end()) {
    const auto better = better_answer(attribute.name);
    return refuse(file, attribute.place, shown + " is no attribute of " + where,
                  better.empty() ? "known here: " + listed(rules, sign) + others : better);
  }
  STRATA_CHECK(check_arguments(file, shown, attribute, *rule));
  const auto* old_name = attribute.name == "index" ? argument_of(attribute, "name", "") : nullptr;
  if (old_name != nullptr && argument_of(attribute, "map", "") != nullptr) {
    return refuse(file, old_name->place, shown + " is given name: and map:, which are one to it", "remove name:");
  }
  return check_values(file, shown, attribute, rules);
}

Result<void> check_entry(const SchemaIndex& index, const std::string& datasource, const SchemaFile& file,
                         const Entry& entry) {
  const bool is_value = entry.kind == Entry::Kind::enum_value;
  const auto kind = is_value ? FieldKind::unknown : index.kind_of(entry);
  const bool is_relation = kind == FieldKind::relation;
  const auto& rules = is_value ? rules_of_enum_value() : is_relation ? rules_of_relation() : rules_of_column();
  const auto where = (is_value ? "enum value " : is_relation ? "the relation field " : "field ") + entry.name;
  const auto others = &rules == &rules_of_column() ? ", and @" + datasource + ". for native types" : "";
  std::set<std::string> seen;
  for (const auto& attribute : entry.attributes) {
    const bool is_native = kind == FieldKind::scalar && attribute.name.starts_with(datasource + ".");
    if (!seen.insert(is_native ? datasource + "." : attribute.name).second) {
      return refuse(file, attribute.place, "@" + (is_native ? datasource : attribute.name) + " is given twice",
                    "remove one of them");
    }
    if (!is_native) STRATA_CHECK(check_attribute(file, attribute, "@", rules, where, others));
    if (attribute.name == "ignore" && kind == FieldKind::unsupported) {
      return refuse(file, attribute.place, "@ignore on a field that is Unsupported, and so ignored", "remove it");
    }
  }
  return {};
}

}  // namespace

Result<void> check_attributes(const SchemaIndex& index, const Configuration& configuration,
                              const Declaration& declaration) {
  const auto& [file, block] = declaration;
  const auto& rules = rules_of_block(block->kind);
  const auto where = std::string(keyword_of(block->kind)) + " " + block->name;
  const bool ignored = attribute_named(*block, "ignore") != nullptr;
  std::set<std::string> seen;
  for (const auto& entry : block->entries) {
    if (entry.kind == Entry::Kind::field || entry.kind == Entry::Kind::enum_value) {
      const auto* ignore = ignored ? attribute_named(entry, "ignore") : nullptr;
      if (ignore != nullptr) {
        return refuse(*file, ignore->place, "@ignore on a field of " + block->name + ", which is ignored as a whole",
                      "remove it");
      }
      STRATA_CHECK(check_entry(index, configuration.datasource, *file, entry));
    }
    if (entry.kind != Entry::Kind::block_attribute) continue;
    const auto& attribute = entry.attributes[0];
    STRATA_CHECK(check_attribute(*file, attribute, "@@", rules, where));
    const bool is_new = seen.insert(attribute.name).second;
    if (!is_new && attribute.name != "unique" && attribute.name != "index") {
      return refuse(*file, attribute.place, "@@" + attribute.name + " is given twice", "remove one of them");
    }
  }
  return {};
}

}  // namespace strata::prisma
