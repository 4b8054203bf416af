// A module taken apart: manifest and files. Folders and plugins are both read into this and assembled by one function,
// so that they cannot differ in what they accept nor in their digests.
#pragma once

#include "core/base/result.h"
#include "core/discovery/manifest.h"
#include "core/model/module.h"

#include <string>
#include <vector>

namespace strata {

struct SourceFile {
  std::string path;  // relative to the module, '/' between: "migrations/20260101090000_init/migration.sql"
  std::string bytes;
  Digest sha256{};
};

struct ModuleParts {
  Manifest manifest;
  bool offers_code = false;
  std::vector<SourceFile> files;  // sorted by path
  ModuleOrigin origin = ModuleOrigin::folder;
  std::string path;                   // the folder or library
  bool is_prisma = false;             // the migrations are a folder of Prisma's
  bool is_migrations_folder = false;  // `path` is what the files call "migrations", whatever its name: module base

  std::string base_schema;  // … and where its fragments lie: a folder, or one file

  // Where a file or folder of the module lies, for messages: `file` is a path as in `files`.
  std::string shown(std::string_view file) const;
};

// The module's digest: SHA-256 over manifest and files, every field preceded by its length as 8 bytes big-endian; of a
// file its path and the SHA-256 of its bytes.
Digest module_digest(const ModuleParts& parts);

// Fails with bad_module or bad_migration, naming the path, for: ids, versions and requirements that are not well
// formed, a file that is none of schema/*.sql, schema/*.prisma, migrations/<name>/{migration,down,verify}.sql,
// repeatable/*.sql, a migration folder with an ill-formed name or without migration.sql, directives that cannot be
// read.
Result<Module> assemble_module(ModuleParts parts);

}  // namespace strata
