#include "core/collate/collate.h"

#include "core/prisma/collate.h"
#include "core/prisma/lower.h"
#include "core/prisma/parse.h"
#include "core/prisma/validate.h"
#include "core/schema/render.h"
#include "core/sql/created_object.h"
#include "core/sql/source_text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace strata {

namespace {

// Everything that each module requires, directly or not. Modules come after what they require.
prisma::Visibility visibility_of(const Catalog& catalog) {
  prisma::Visibility visible;
  for (const auto& module : catalog.modules()) {
    auto& seen = visible[module.id];
    for (const auto& requirement : module.requirements) {
      seen.insert(requirement.module);
      const auto& further = visible[requirement.module];
      seen.insert(further.begin(), further.end());
    }
  }
  return visible;
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out.push_back(text[i]);
  }
  return out;
}

struct Made {
  std::string kind, owner;
  SourceLocation where;
};

std::string shown(const Made& made) {
  return "module " + made.owner + " (" + made.where.file + ":" + std::to_string(made.where.line) + ":" +
         std::to_string(made.where.column) + ")";
}

// What has been made so far, by space and name.
class Owners {
 public:
  Result<void> add(const std::string& space, const std::string& name, Made made, bool may_be_there) {
    const auto [found, added] = made_.try_emplace({space, name}, made);
    const auto& first = found->second;
    if (added || (may_be_there && (space == "schema" || space == "extension"))) return {};
    return fail(
        Error{.code = ErrorCode::bad_module,
              .message = made.kind + " " + name + " is made twice: by " + shown(first) + " and by " + shown(made),
              .next = first.owner == made.owner
                          ? "take one of the two out"
                          : "an object has one owner: take it out of one of the two, and let that module require "
                            "the other",
              .where = made.where});
  }

  Result<void> add(const DesiredSchema& desired) {
    const auto text = [](const ObjectName& name) { return name.schema + "." + name.name; };
    for (const auto& schema : desired.schemas) {
      if (schema != default_schema) made_.try_emplace({"schema", schema}, Made{"SCHEMA", "base", {}});
    }
    for (const auto& each : desired.enumerations)
      STRATA_CHECK(add("type", text(each.name), {"TYPE", each.definition.owner, each.definition.where}, false));
    for (const auto& table : desired.tables) {
      STRATA_CHECK(add("relation", text(table.name), {"TABLE", table.definition.owner, table.definition.where}, false));
      for (const auto& index : table.indexes)
        STRATA_CHECK(add("relation", table.name.schema + "." + index.name,
                         {"INDEX", index.definition.owner, index.definition.where}, false));
    }
    return {};
  }

 private:
  std::map<std::pair<std::string, std::string>, Made> made_;
};

}  // namespace

Result<CollatedSchema> collate(const Catalog& catalog) {
  CollatedSchema schema;
  for (const auto& module : catalog.modules()) {
    if (module.id != base_module_id) schema.versions[module.id] = module.version.text();
    for (const auto& fragment : module.fragments) {
      STRATA_TRY(const auto text, check_source_text(fragment.text, fragment.shown));
      if (fragment.path.ends_with(".prisma")) {
        STRATA_TRY(auto file, prisma::parse(text, fragment.shown, module.id));
        schema.prisma.push_back(std::move(file));
      } else {
        schema.sql.push_back({module.id, fragment.shown, with_line_feeds(text)});
      }
    }
  }
  STRATA_CHECK(prisma::validate(schema.prisma, {.visibility = visibility_of(catalog)}));
  STRATA_TRY(schema.desired, prisma::lower(schema.prisma));
  Owners owners;
  STRATA_CHECK(owners.add(schema.desired));
  for (const auto& fragment : schema.sql) {
    STRATA_TRY(const auto objects, created_objects(fragment.text, fragment.path));
    for (const auto& object : objects)
      STRATA_CHECK(
          owners.add(object.space, object.name, {object.kind, fragment.owner, object.where}, object.if_not_exists));
  }
  return schema;
}

std::string prisma_text(const CollatedSchema& schema) {
  return prisma::collate(schema.prisma, schema.versions);
}

std::string sql_text(const CollatedSchema& schema) {
  std::string out;
  for (const auto& fragment : schema.sql) {
    const auto version = schema.versions.find(fragment.owner);
    out += (out.empty() ? "-- " : "\n-- ") +
           (fragment.owner == base_module_id ? fragment.owner : "module " + fragment.owner) +
           (version == schema.versions.end() ? "" : " " + version->second) + ", " + fragment.path + "\n";
    auto text = fragment.text;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    out += text + "\n";
  }
  return out;
}

std::string creation_text(const CollatedSchema& schema) {
  const bool has_prisma = !schema.prisma.empty();
  return (has_prisma ? creation_script(schema.desired) : "") + (has_prisma && !schema.sql.empty() ? "\n" : "") +
         sql_text(schema);
}

}  // namespace strata
