// A module's folder, written and read, and the refusals of both.
#pragma once

#include "core/discovery/folder_source.h"

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

#include <filesystem>
#include <map>

namespace strata::test {

// Path below the module's folder, and text.
using ModuleFiles = std::map<std::string, std::string>;

// A small module that has one of everything; `changes` add to its files or replace them.
inline ModuleFiles small_module(const ModuleFiles& changes = {}) {
  ModuleFiles files = {{"module.toml",
                        "id = \"cases\"\nversion = \"1.4.0\"\nrequires = [\"identity >= 1.2\"]\n[owns]\nschemas = "
                        "[\"cases\"]\n[team]\nname = \"Case team\"\n"},
                       {"migrations/20260101090000_create/migration.sql",
                        "-- strata: needs identity/20260101080000_users\ncreate table a (id int);\n"},
                       {"migrations/20260101090000_create/down.sql", "drop table a;\n"},
                       {"migrations/20260101090000_create/verify.sql", "select id from a;\n"},
                       {"migrations/20260102090000_more/migration.sql", "alter table a add b int;\n"},
                       {"repeatable/overview.sql", "create or replace view v as select 1;\n"},
                       {"schema/cases.prisma", "model A {}\n"},
                       {"schema/cases.sql", "create table a (id int, b int);\n"}};
  for (const auto& [path, text] : changes) files[path] = text;
  return files;
}

class ModuleFolder {
 public:
  explicit ModuleFolder(const ModuleFiles& files = small_module()) {
    for (const auto& [path, text] : files) folder_.write("cases/" + path, text);
  }
  std::filesystem::path path() const { return folder_.path() / "cases"; }
  std::filesystem::path outside() const { return folder_.path(); }
  Result<Module> read() const {
    STRATA_TRY(auto parts, read_module_folder(path()));
    return assemble_module(std::move(parts));
  }

 private:
  TempDir folder_;
};

}  // namespace strata::test
