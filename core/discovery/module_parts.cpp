#include "core/discovery/module_parts.h"

#include "core/base/escape.h"
#include "core/sql/directives.h"

#include <algorithm>

namespace strata {

namespace {

tl::unexpected<Error> bad(const std::string& path, const std::string& message, std::string next = {}) {
  return fail(ErrorCode::bad_module, path + ": " + message, std::move(next));
}

std::string length_prefix(std::size_t size) {
  std::string prefix(8, '\0');
  for (int i = 0; i < 8; ++i)
    prefix[static_cast<std::size_t>(i)] = static_cast<char>(static_cast<std::uint64_t>(size) >> (56 - 8 * i));
  return prefix;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_repeatable_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

Result<Requirement> parse_requirement(const std::string& text, const std::string& path) {
  const auto end = text.find_first_of(" <>=^~*");
  const auto id = text.substr(0, end);
  auto range = VersionRange::parse(end == std::string::npos ? "*" : text.substr(end));
  if (!is_module_id(id) || !range) {
    return bad(path, "the requirement '" + printable(text) + "' is not of the form 'module >= 1.2'",
               "write for example: requires = [\"identity >= 1.2\"]; comparators are >= > <= < = ^ ~ *");
  }
  return Requirement{id, std::move(*range)};
}

constexpr std::string_view prisma_lock_path = "migrations/migration_lock.toml";

// Builds the module's contributions from its files, which come sorted: the files of one folder stand together.
class Assembler {
 public:
  Assembler(Module& module, const ModuleParts& parts) : module_(module), parts_(parts) {}

  Result<void> add(SourceFile& file) {
    const auto parts = split_path(file.path);
    const bool deep_enough = parts.size() == 2 || (parts.size() > 2 && parts_.is_migrations_folder);
    if (deep_enough && parts[0] == "schema" && (ends_with(file.path, ".sql") || ends_with(file.path, ".prisma"))) {
      module_.fragments.push_back({file.path, parts_.shown(file.path), std::move(file.bytes)});
      return {};
    }
    if (parts.size() == 2 && parts[0] == "repeatable" && ends_with(parts[1], ".sql")) {
      return add_repeatable(file, parts[1].substr(0, parts[1].size() - 4));
    }
    if (parts.size() == 3 && parts[0] == "migrations") return add_to_migration(file, parts[1], parts[2]);
    if (file.path == prisma_lock_path) return check_provider(file);
    return bad(parts_.shown(file.path), "strata does not know what this file is for",
               "a module holds schema/*.sql, schema/*.prisma, migrations/<14 "
               "digits>_<name>/{migration,down,verify}.sql and repeatable/*.sql");
  }

  Result<void> finish() {
    std::sort(module_.fragments.begin(), module_.fragments.end(),
              [](const auto& a, const auto& b) { return split_path(a.path) < split_path(b.path); });
    if (module_.is_prisma) {
      std::sort(module_.migrations.begin(), module_.migrations.end(),
                [](const auto& a, const auto& b) { return precedes_in_prisma(a.id.name, b.id.name); });
    }
    for (const auto& migration : module_.migrations) {
      if (migration.path.empty()) {
        return bad(parts_.shown("migrations/" + migration.id.name),
                   std::string("the migration has no migration.sql") + (module_.is_prisma ? " [P3015]" : ""),
                   "add migration.sql, or remove the folder");
      }
    }
    return {};
  }

 private:
  Result<void> fill(Migration& migration, SourceFile& file) const {
    migration.path = parts_.shown(file.path);
    STRATA_TRY(migration.directives, read_directives(file.bytes, migration.path));
    migration.sha256 = file.sha256;
    migration.sql = std::move(file.bytes);
    return {};
  }

  Result<void> add_repeatable(SourceFile& file, std::string_view name) {
    if (!is_repeatable_name(name)) {
      return bad(parts_.shown(file.path),
                 "a repeatable is named with a-z, 0-9 and _, beginning with a letter, and .sql");
    }
    Migration repeatable;
    repeatable.id = {module_.id, std::string(name)};
    repeatable.kind = MigrationKind::repeatable;
    STRATA_CHECK(fill(repeatable, file));
    module_.repeatables.push_back(std::move(repeatable));
    return {};
  }

  Result<void> add_to_migration(SourceFile& file, std::string_view name, std::string_view file_name) {
    if (module_.is_prisma && !is_prisma_migration_name(name)) {
      return bad(parts_.shown("migrations/" + printable(name)),
                 name.size() > 200 ? "the name is longer than 200 bytes [P3010]" : "the name cannot be printed",
                 "rename the folder");
    }
    if (!module_.is_prisma && !is_migration_name(name)) {
      return bad(
          parts_.shown("migrations/" + printable(name)),
          "a migration's folder is named with 14 digits (year to second, UTC), '_' and a name of a-z, 0-9 and _",
          "for example 20260131093000_create_cases; strata migration new NAME --module " + module_.id + " makes one");
    }
    if (module_.migrations.empty() || module_.migrations.back().id.name != name) {
      module_.migrations.emplace_back().id = {module_.id, std::string(name)};
    }
    auto& migration = module_.migrations.back();
    if (file_name == "migration.sql") return fill(migration, file);
    if (file_name == "down.sql") {
      migration.down_sql = std::move(file.bytes);
    } else if (file_name == "verify.sql") {
      migration.verify_sql = std::move(file.bytes);
    } else {
      return bad(parts_.shown(file.path), "strata does not know what this file is for",
                 "a migration holds migration.sql, down.sql and verify.sql");
    }
    return {};
  }

  // As Prisma reads it: no TOML, but the first line that begins with `provider`.
  Result<void> check_provider(const SourceFile& file) const {
    std::string_view rest = file.bytes;
    std::string_view line;
    while (!rest.empty() && line.substr(0, 8) != "provider") {
      line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    auto provider = line.substr(0, 11) == "provider = " ? line.substr(11) : line;
    while (!provider.empty() && provider.front() == '"') provider.remove_prefix(1);
    while (!provider.empty() && provider.back() == '"') provider.remove_suffix(1);
    if (provider == "postgresql") return {};
    return bad(
        parts_.shown(file.path),
        (line.substr(0, 8) == "provider" ? "it says '" + printable(line) + "'" : std::string("it names no provider")) +
            ", but strata migrates Postgres only [P3019]",
        "a folder of migrations for Postgres has the line: provider = \"postgresql\"");
  }

  Module& module_;
  const ModuleParts& parts_;
};

}  // namespace

std::string ModuleParts::shown(std::string_view file) const {
  if (is_migrations_folder && file.substr(0, 7) == "schema/")
    return ends_with(base_schema, file.substr(7)) ? base_schema : base_schema + std::string(file.substr(6));
  if (is_migrations_folder) file.remove_prefix(std::string_view("migrations/").size());
  return path + "/" + std::string(file);
}

Digest module_digest(const ModuleParts& parts) {
  std::string text = "strata-module-1";
  const auto field = [&](std::string_view value) {
    text += length_prefix(value.size());
    text += value;
  };
  const auto list = [&](const std::vector<std::string>& values) {
    text += length_prefix(values.size());
    for (const auto& value : values) field(value);
  };
  field(parts.manifest.id);
  field(parts.manifest.version);
  list(parts.manifest.requirements);
  list(parts.manifest.owned_schemas);
  field(parts.manifest.team);
  field(parts.offers_code ? "code" : "");
  text += length_prefix(parts.files.size());
  for (const auto& file : parts.files) {
    field(file.path);
    field(as_bytes(file.sha256));
  }
  return sha256(text);
}

Result<Module> assemble_module(ModuleParts parts) {
  Module module;
  module.digest = module_digest(parts);
  module.origin = parts.origin;
  module.path = parts.path;
  module.offers_code = parts.offers_code;
  module.is_prisma = parts.is_prisma || std::any_of(parts.files.begin(), parts.files.end(),
                                                    [](const auto& file) { return file.path == prisma_lock_path; });
  module.id = parts.manifest.id;
  module.owned_schemas = parts.manifest.owned_schemas;
  module.team = parts.manifest.team;
  if (!is_module_id(module.id)) {
    return bad(parts.path,
               module.id.empty() ? "the module has no id" : "'" + printable(module.id) + "' is no module id",
               "an id is a-z, 0-9 and _, begins with a letter, and has at most 63 characters");
  }
  const auto version = parse_version(parts.manifest.version);
  if (!version) {
    return bad(parts.path,
               "module '" + module.id + "' has " +
                   (parts.manifest.version.empty()
                        ? "no version"
                        : "the version '" + printable(parts.manifest.version) + "', which is not semver"),
               "write for example: version = \"1.4.0\"");
  }
  module.version = *version;
  for (const auto& text : parts.manifest.requirements) {
    STRATA_TRY(auto requirement, parse_requirement(text, parts.path));
    module.requirements.push_back(std::move(requirement));
  }
  Assembler assembler(module, parts);
  for (auto& file : parts.files) STRATA_CHECK(assembler.add(file));
  STRATA_CHECK(assembler.finish());
  return module;
}

}  // namespace strata
