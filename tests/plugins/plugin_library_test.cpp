#include "plugins/host/plugin_library.h"

#include "tests/plugins/elf_builder.h"
#include "tests/plugins/plugin_files.h"
#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

using namespace strata;
using namespace strata::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65534;

Error refusal_of(const fs::path& library, ErrorCode code) {
  const auto began = std::chrono::steady_clock::now();
  const auto error = error_of(read_plugin_library(library));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
  CHECK(error.code == code);
  CHECK_THAT(error.message, Contains(library.string()));
  CHECK_FALSE(error.next.empty());
  return error;
}

// root/a/b/plugins with one plugin in it; the folders that could let somebody in.
struct PluginFolder {
  TempDir root;
  fs::path folder = root.path() / "a/b/plugins";
  fs::path library = root.write("a/b/plugins/cases.so", ElfBuilder(ElfSketch{}).bytes());
  std::vector<fs::path> folders = {root.path(), root.path() / "a", root.path() / "a/b", folder};

  PluginFolder() {
    for (const auto& path : folders) fs::permissions(path, fs::perms(0755));
    fs::permissions(library, fs::perms(0644));
  }
};

}  // namespace

TEST_CASE("plugin library: the plugins of a folder are listed in order, and nothing else", "[plugins]") {
  const PluginFolder plugins;
  for (const auto* name : {"z.so", "a.so", "README.md", "a.so.1", "libx.a"})
    plugins.root.write(fs::path("a/b/plugins") / name, "");
  const auto folder = plugins.folder.string();
  CHECK(value_of(list_plugin_files(folder)) ==
        std::vector<std::string>{folder + "/a.so", folder + "/cases.so", folder + "/z.so"});
}

TEST_CASE("plugin library: a folder that others may write, or one above it, is refused with the chmod", "[plugins]") {
  const PluginFolder plugins;
  REQUIRE(list_plugin_files(plugins.folder));
  for (const auto& open : plugins.folders) {
    INFO(open);
    fs::permissions(open, fs::perms(0757));
    const auto error = error_of(list_plugin_files(plugins.folder));
    CHECK(error.code == ErrorCode::not_permitted);
    CHECK_THAT(error.message,
               Contains(open.string() + " ") && Contains("0757") && Contains("owner " + std::to_string(geteuid())));
    CHECK(error.next == "chmod o-w " + open.string());
    fs::permissions(open, fs::perms(0755));
  }
}

TEST_CASE("plugin library: a folder of somebody else's, or one above it, is refused with the chown", "[plugins]") {
  if (geteuid() != 0) {
    WARN("only root can give a folder away: not tried");
    return;
  }
  const PluginFolder plugins;
  for (const auto& foreign : plugins.folders) {
    INFO(foreign);
    REQUIRE(chown(foreign.c_str(), nobody, static_cast<gid_t>(-1)) == 0);
    const auto error = error_of(list_plugin_files(plugins.folder));
    CHECK(error.code == ErrorCode::not_permitted);
    CHECK_THAT(error.message, Contains(foreign.string() + " belongs to user 65534") && Contains("0755"));
    CHECK(error.next == "chown 0 " + foreign.string());
    REQUIRE(chown(foreign.c_str(), 0, static_cast<gid_t>(-1)) == 0);
  }
  REQUIRE(chown(plugins.library.c_str(), nobody, static_cast<gid_t>(-1)) == 0);
  CHECK_THAT(refusal_of(plugins.library, ErrorCode::not_permitted).message, Contains("65534"));
}

TEST_CASE("plugin library: a sticky folder that all may write passes above the plugins, not as their own",
          "[plugins]") {
  const PluginFolder plugins;
  fs::permissions(plugins.folders[1], fs::perms(01777));
  CHECK(list_plugin_files(plugins.folder));
  fs::permissions(plugins.folder, fs::perms(01777));
  CHECK(error_of(list_plugin_files(plugins.folder)).code == ErrorCode::not_permitted);
}

TEST_CASE("plugin library: it is the real folder that counts, not the link to it", "[plugins]") {
  const PluginFolder plugins;
  const auto link = plugins.root.path() / "link";
  fs::create_directory_symlink(plugins.folder, link);
  CHECK(list_plugin_files(link));
  fs::permissions(plugins.folders[1], fs::perms(0777));
  CHECK_THAT(error_of(list_plugin_files(link)).message, Contains(plugins.folders[1].string() + " "));
}

TEST_CASE("plugin library: a folder that is none is refused", "[plugins]") {
  const PluginFolder plugins;
  for (const auto& path : {plugins.folder / "none", plugins.library}) {
    const auto error = error_of(list_plugin_files(path));
    CHECK(error.code == ErrorCode::bad_config);
    CHECK_THAT(error.message, Contains(path.string()));
  }
}

TEST_CASE("plugin library: the whole file, its bundle and its machine are read at once", "[plugins]") {
  const PluginFolder plugins;
  const auto library = value_of(read_plugin_library(plugins.library));
  CHECK(library.path == plugins.library);
  CHECK(library.bytes == bytes_of(plugins.library));
  CHECK(library.bundle == "the bundle");
  CHECK(library.machine == "x86_64");
}

TEST_CASE("plugin library: a file that others may write is refused with the chmod", "[plugins]") {
  const PluginFolder plugins;
  fs::permissions(plugins.library, fs::perms(0666));
  const auto error = refusal_of(plugins.library, ErrorCode::not_permitted);
  CHECK_THAT(error.message, Contains("0666"));
  CHECK(error.next == "chmod o-w " + plugins.library.string());
}

TEST_CASE("plugin library: what is no plugin is refused, and nobody waits for it", "[plugins]") {
  const PluginFolder plugins;
  const auto path = plugins.folder / "other.so";
  SECTION("a symbolic link") {
    fs::create_symlink(plugins.library, path);
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("symbolic link"));
  }
  SECTION("a FIFO") {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("no regular file"));
  }
  SECTION("a folder") {
    fs::create_directory(path);
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("no regular file"));
  }
  SECTION("nothing") {
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("cannot be read"));
  }
  SECTION("an empty file") {
    plugins.root.write("a/b/plugins/other.so", "");
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("is empty"));
  }
  SECTION("a script") {
    plugins.root.write("a/b/plugins/other.so", "#!/bin/sh\n");
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("not an ELF file"));
  }
  SECTION("a file over 64 MiB") {
    fs::copy(plugins.library, path);
    fs::resize_file(path, (64u << 20) + 1);
    CHECK_THAT(refusal_of(path, ErrorCode::bad_module).message, Contains("64 MiB"));
  }
}
