#include "core/discovery/folder_source.h"

#include "tests/discovery/module_files.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>

using namespace strata;
using namespace strata::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string one_migration = "migrations/20260101090000_create/migration.sql";

// The refusal names `path`, and comes at once whatever lies there.
Error refusal_of(const ModuleFolder& folder, const std::string& path) {
  const auto began = std::chrono::steady_clock::now();
  const auto error = error_of(folder.read());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains((folder.path() / path).string()));
  return error;
}

// Root may read everything: for as long as this lives, the test is somebody who may not.
class WithoutRights {
 public:
  WithoutRights() {
    if (geteuid() == 0) became_nobody_ = seteuid(65534) == 0;
  }
  WithoutRights(const WithoutRights&) = delete;
  WithoutRights& operator=(const WithoutRights&) = delete;
  ~WithoutRights() {
    if (became_nobody_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool became_nobody_ = false;
};

}  // namespace

TEST_CASE("folder source: a module is read with all that it contributes", "[discovery]") {
  const ModuleFolder folder;
  const auto module = value_of(folder.read());
  CHECK(module.id == "cases");
  CHECK(module.version.text() == "1.4.0");
  CHECK(module.team == "Case team");
  CHECK(module.owned_schemas == std::vector<std::string>{"cases"});
  REQUIRE(module.requirements.size() == 1);
  CHECK(module.requirements[0].module == "identity");
  CHECK(module.origin == ModuleOrigin::folder);
  CHECK(module.path == folder.path());

  REQUIRE(module.migrations.size() == 2);
  const auto& first = module.migrations[0];
  CHECK(first.id.text() == "cases/20260101090000_create");
  CHECK(first.kind == MigrationKind::migration);
  CHECK(first.path == folder.path() / one_migration);
  CHECK(first.sha256 == sha256(first.sql));
  CHECK_THAT(first.sql, Contains("create table a"));
  CHECK(texts_of(first.directives.needs) == std::vector<std::string>{"identity/20260101080000_users"});
  CHECK(first.down_sql == "drop table a;\n");
  CHECK(first.verify_sql == "select id from a;\n");
  CHECK(module.migrations[1].id.text() == "cases/20260102090000_more");
  CHECK_FALSE(module.migrations[1].down_sql);

  REQUIRE(module.repeatables.size() == 1);
  CHECK(module.repeatables[0].id.text() == "cases/overview");
  CHECK(module.repeatables[0].kind == MigrationKind::repeatable);
  REQUIRE(module.fragments.size() == 2);
  CHECK(module.fragments[0].path == "schema/cases.prisma");
  CHECK(module.fragments[1].text == "create table a (id int, b int);\n");
}

TEST_CASE("folder source: the bytes of a file are kept as they are", "[discovery]") {
  const std::string bytes = "\xef\xbb\xbfselect 1;\r\n-- no line end";
  const auto module =
      value_of(ModuleFolder(small_module({{"migrations/20260102090000_more/migration.sql", bytes}})).read());
  CHECK(module.migrations[1].sql == bytes);
}

TEST_CASE("folder source: a module may have no more than its manifest", "[discovery]") {
  const auto module =
      value_of(ModuleFolder(ModuleFiles{{"module.toml", "id = \"cases\"\nversion = \"1.0.0\"\n"}}).read());
  CHECK(module.migrations.empty());
}

TEST_CASE("folder source: hidden names and notes are passed over", "[discovery]") {
  const auto digest = value_of(ModuleFolder().read()).digest;
  const auto path = GENERATE(as<std::string>{}, "README.md", "migrations/README.md",
                             "migrations/20260101090000_create/README.md", "schema/CMakeLists.txt", ".git/config",
                             "migrations/.keep", "migrations/..data/x", "schema/.cases.sql.swp", "src/step.cpp");
  INFO(path);
  const auto module = value_of(ModuleFolder(small_module({{path, "anything"}})).read());
  CHECK(module.digest == digest);
}

TEST_CASE("folder source: a folder without module.toml is refused", "[discovery]") {
  CHECK_THAT(refusal_of(ModuleFolder(ModuleFiles{{one_migration, "select 1;"}}), "module.toml").message,
             Contains("cannot be read"));
}

TEST_CASE("folder source: a migration's folder that has no proper name is refused", "[discovery]") {
  const auto name = GENERATE(as<std::string>{}, "create_cases", "20260101090000-create", "20260101090000_Create",
                             "20261301090000_create", "2026010109000_create");
  CHECK_THAT(refusal_of(ModuleFolder(small_module({{"migrations/" + name + "/migration.sql", "select 1;"}})),
                        "migrations/" + name)
                 .message,
             Contains("14 digits"));
}

TEST_CASE("folder source: a migration without migration.sql is refused", "[discovery]") {
  const ModuleFolder folder(small_module({{"migrations/20260103090000_x/down.sql", "select 1;"}}));
  CHECK_THAT(refusal_of(folder, "migrations/20260103090000_x").message, Contains("no migration.sql"));
}

TEST_CASE("folder source: a migration's folder that is empty, or as good as empty, is refused", "[discovery]") {
  const auto inside = GENERATE(as<std::string>{}, "", "README.md", ".hidden");
  const ModuleFolder folder;
  const auto migration = folder.path() / "migrations/20260103090000_x";
  fs::create_directories(migration);
  if (!inside.empty()) std::ofstream(migration / inside) << "x";
  CHECK_THAT(refusal_of(folder, "migrations/20260103090000_x").next, Contains("migration.sql"));
}

TEST_CASE("folder source: a file that strata has no use for is refused", "[discovery]") {
  const auto path =
      GENERATE(as<std::string>{}, "migrations/notes.txt", "migrations/20260101090000.sql",
               "migrations/20260101090000_create/up.sql", "migrations/20260101090000_create/migration.sql.orig",
               "migrations/20260101090000_create/deeper/migration.sql", "schema/cases.sql~", "schema/deeper/cases.sql",
               "repeatable/view.txt", "repeatable/deeper/view.sql", "repeatable/View.sql", "repeatable/1_view.sql");
  INFO(path);
  refusal_of(ModuleFolder(small_module({{path, "select 1;"}})), path);
}

TEST_CASE("folder source: what lies too deep is refused where the depth begins", "[discovery]") {
  refusal_of(ModuleFolder(small_module({{"migrations/20260101090000_create/a/b/c.sql", "select 1;"}})),
             "migrations/20260101090000_create/a");
}

TEST_CASE("folder source: a directive that cannot be read is refused at its line", "[discovery]") {
  const ModuleFolder folder(small_module({{one_migration, "-- a note\n-- strata: speed up\nselect 1;\n"}}));
  const auto error = error_of(folder.read());
  CHECK(error.code == ErrorCode::bad_migration);
  CHECK(error.where.file == folder.path() / one_migration);
  CHECK(error.where.line == 2);
}

TEST_CASE("folder source: a file or folder that may not be read is refused", "[discovery]") {
  const auto path =
      GENERATE(as<std::string>{}, one_migration, "migrations/20260101090000_create", "migrations", "module.toml");
  const ModuleFolder folder;
  fs::permissions(folder.path() / path, fs::perms::none);
  const auto error = [&] {
    const WithoutRights nobody;
    return refusal_of(folder, path);
  }();
  CHECK_THAT(error.message, Contains("Permission denied"));
  fs::permissions(folder.path() / path, fs::perms::owner_all);
}

TEST_CASE("folder source: a FIFO, a device or a folder in a file's place is refused, and nobody waits for it",
          "[discovery]") {
  const ModuleFolder folder;
  const auto path = folder.path() / one_migration;
  fs::remove(path);
  SECTION("FIFO") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK_THAT(refusal_of(folder, one_migration).message, Contains("no regular file"));
  }
  SECTION("FIFO as manifest") {
    fs::remove(folder.path() / "module.toml");
    REQUIRE(mkfifo((folder.path() / "module.toml").c_str(), 0600) == 0);
    CHECK_THAT(refusal_of(folder, "module.toml").message, Contains("no regular file"));
  }
  SECTION("device") {
    if (mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) != 0) {  // /dev/zero: it never ends
      WARN("only root can make a device: not tried");
      return;
    }
    const auto message = refusal_of(folder, one_migration).message;
    CHECK_THAT(message, Contains("no regular file") || Contains("cannot be read"));  // cannot: mounted without devices
  }
  SECTION("folder") {
    fs::create_directories(path);
    refusal_of(folder, one_migration);
  }
}

TEST_CASE("folder source: a file over 256 MiB is refused before it is read", "[discovery]") {
  const ModuleFolder folder;
  fs::resize_file(folder.path() / one_migration, (256u << 20) + 1);
  CHECK_THAT(refusal_of(folder, one_migration).message, Contains("256 MiB"));
}

TEST_CASE("folder source: symbolic links within the module are followed", "[discovery]") {
  // As Kubernetes mounts a ConfigMap: what is seen leads through ..data to what is there.
  const ModuleFolder folder(ModuleFiles{{"module.toml", "id = \"cases\"\nversion = \"1.0.0\"\n"}});
  const auto real = folder.path() / "..2026_01_31/create";
  fs::create_directories(real);
  std::ofstream(real / "migration.sql") << "select 1;";
  fs::create_directory_symlink("..2026_01_31", folder.path() / "..data");
  fs::create_directories(folder.path() / "migrations");
  fs::create_directory_symlink("../..data/create", folder.path() / "migrations/20260101090000_create");
  const auto module = value_of(folder.read());
  REQUIRE(module.migrations.size() == 1);
  CHECK(module.migrations[0].sql == "select 1;");
}

TEST_CASE("folder source: a symbolic link that leads out of the module, or nowhere, is refused", "[discovery]") {
  const ModuleFolder folder;
  const auto elsewhere = folder.outside() / "elsewhere";
  fs::create_directories(elsewhere / "20260101090000_x");
  std::ofstream(elsewhere / "module.toml") << "id = \"cases\"\nversion = \"1.0.0\"\n";
  std::ofstream(elsewhere / "20260101090000_x/migration.sql") << "drop table a;";
  struct Case {
    std::string path, target, message;
  };
  const auto example =
      GENERATE(values<Case>({{one_migration, "../../../elsewhere/20260101090000_x/migration.sql", "leads out of"},
                             {"migrations/20260101090000_create", "../../elsewhere/20260101090000_x", "leads out of"},
                             {"migrations", "../elsewhere", "leads out of"},
                             {"schema", "../elsewhere", "leads out of"},
                             {"module.toml", "../elsewhere/module.toml", "leads out of"},
                             {one_migration, "/etc/passwd", "leads out of"},
                             {"migrations/20260101090000_create", "../..", "leads out of"},
                             {one_migration, "gone.sql", "leads nowhere"},
                             {"migrations", "gone", "leads nowhere"},
                             {one_migration, "migration.sql", "leads nowhere"}}));
  INFO(example.path << " -> " << example.target);
  fs::remove_all(folder.path() / example.path);
  fs::create_symlink(example.target, folder.path() / example.path);
  CHECK_THAT(refusal_of(folder, example.path).message, Contains(example.message));
}

TEST_CASE("folder source: links that go round in a circle come to an end", "[discovery]") {
  const ModuleFolder folder;
  fs::create_directory_symlink(".", folder.path() / "migrations/20260103090000_loop");
  refusal_of(folder, "migrations/20260103090000_loop");
}

TEST_CASE("folder source: the base migrations need no manifest", "[discovery]") {
  const TempDir folder;
  folder.write("20260101090000_init/migration.sql", "select 1;");
  folder.write("migration_lock.toml", "provider = \"postgresql\"\n");  // Prisma's
  const auto module = value_of(assemble_module(value_of(read_base_folder(folder.path(), "", false))));
  CHECK(module.id == base_module_id);
  CHECK(module.path == folder.path());
  REQUIRE(module.migrations.size() == 1);
  CHECK(module.migrations[0].id.text() == "base/20260101090000_init");
}

TEST_CASE("folder source: of the base migrations every path is shown as it is", "[discovery]") {
  const TempDir folder;  // which is not named migrations
  folder.write("20260101090000_init/migration.sql", "select 1;");
  const auto read = [&] { return assemble_module(value_of(read_base_folder(folder.path(), "", false))); };
  CHECK(value_of(read()).migrations[0].path == folder.path() / "20260101090000_init/migration.sql");
  SECTION("a stray file") {
    const auto stray = folder.write("notes.txt", "x").string();
    CHECK_THAT(error_of(read()).message, Contains(stray));
  }
  SECTION("an ill-formed name") {
    folder.write("init/migration.sql", "select 1;");
    CHECK_THAT(error_of(read()).message, Contains((folder.path() / "init").string()));
  }
  SECTION("no migration.sql") {
    folder.write("20260102090000_x/down.sql", "select 1;");
    CHECK_THAT(error_of(read()).message, Contains((folder.path() / "20260102090000_x").string()));
  }
}
