// The exported table of a plugin, as whoever loads the library sees it.
#include "core/discovery/bundle.h"
#include "plugins/host/plugin_library.h"
#include "strata/plugin.h"
#include "tests/plugins/plugin_files.h"
#include "tests/support/builders.h"
#include "tests/support/process.h"

using namespace strata;
using namespace strata::test;

TEST_CASE("plugin table: it says the same as the section", "[plugins]") {
  const auto path =
      GENERATE(as<std::string>{}, STRATA_BINARY_DIR "/plugins/base.so", cases_plugin, STRATA_FROZEN_PLUGIN);
  INFO(path);
  const auto library = value_of(read_plugin_library(path));
  const auto module = value_of(assemble_module(value_of(read_bundle(library.bundle, path))));
  const auto loaded = run({STRATA_LOAD_TABLE, path});
  INFO(loaded.err);
  REQUIRE(loaded.exit_code == 0);
  CHECK(loaded.out == std::to_string(sizeof(strata_plugin)) + "\n" + module.id + "\n" + module.version.text() + "\n" +
                          library.bundle);
}

TEST_CASE("plugin table: a plugin exports it and nothing else", "[plugins]") {
  const auto symbols = run({"nm", "--dynamic", "--defined-only", "--format=just-symbols", cases_plugin});
  REQUIRE(symbols.exit_code == 0);
  CHECK(symbols.out == "strata_plugin_v1\n");
}

TEST_CASE("plugin table: a member that its author did not know is not read", "[plugins]") {
  strata_plugin table{};
  table.struct_size = sizeof table;
  CHECK(STRATA_HAS(strata_plugin, &table, capability));
  table.struct_size = sizeof table + 8;  // of a newer header
  CHECK(STRATA_HAS(strata_plugin, &table, capability));
  table.struct_size = offsetof(strata_plugin, capability);  // of an older one
  CHECK(STRATA_HAS(strata_plugin, &table, bundle));
  CHECK_FALSE(STRATA_HAS(strata_plugin, &table, capability));
  table.struct_size = offsetof(strata_plugin, capability) + sizeof(void*) - 1;
  CHECK_FALSE(STRATA_HAS(strata_plugin, &table, capability));
}

TEST_CASE("plugin table: a plugin built with the first header ever released is still read", "[plugins]") {
  const auto library = value_of(read_plugin_library(STRATA_FROZEN_PLUGIN));
  const auto module = value_of(assemble_module(value_of(read_bundle(library.bundle, STRATA_FROZEN_PLUGIN))));
  CHECK(module.id == "greeting");
  CHECK(module.version.text() == "1.0.0");
  REQUIRE(module.migrations.size() == 1);
  CHECK(module.migrations[0].sql == "create table greeting (words text);\n");
  CHECK(hex(module.digest) == STRATA_FROZEN_DIGEST);
}
