// What a module includes of strata, as the compilers of module teams see it.
#include "tests/support/builders.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace strata::test;

namespace {

const std::string source = R"(#include <strata/plugin.h>

static const char bundle[] = "{}";
static const void *capability(const char *id) { (void)id; return 0; }

/* The declaration in the header has made it visible. */
const strata_plugin strata_plugin_v1 = {
    sizeof(strata_plugin), {"cases", 5}, {"1.4.0", 5}, {bundle, sizeof bundle - 1}, capability};

int offers_code(const strata_plugin *plugin);
int offers_code(const strata_plugin *plugin) { return STRATA_HAS(strata_plugin, plugin, capability) && plugin->capability; }
)";

}  // namespace

TEST_CASE("plugin header: it is clean C11 and clean C++11, and on its own", "[plugins]") {
  const TempDir folder;
  const auto [compiler, standard, name] =
      GENERATE(table<std::string, std::string, std::string>({{STRATA_C_COMPILER, "-std=c11", "plugin.c"},
                                                             {STRATA_C_COMPILER, "-std=c2x", "plugin.c"},
                                                             {STRATA_CXX_COMPILER, "-std=c++11", "plugin.cpp"},
                                                             {STRATA_CXX_COMPILER, "-std=c++20", "plugin.cpp"}}));
  const auto file = folder.write(name, source).string();
  const auto compiled = run({compiler, standard, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
                             "-Werror", "-I", STRATA_SOURCE_DIR "/plugins/include", file});
  INFO(compiler << " " << standard << "\n" << compiled.err);
  CHECK(compiled.exit_code == 0);
}

TEST_CASE("plugin header: the first one released is part of today's", "[plugins]") {
  // Members may be added at the end; those that were released stay where they are.
  const TempDir folder;
  const auto file = folder
                        .write("layout.c", R"(#include <strata/plugin.h>
#define strata_text old_text
#define strata_plugin old_plugin
#define strata_plugin_v1 old_plugin_v1
#undef STRATA_EXPORT
#undef STRATA_BUNDLE_SECTION
#undef STRATA_HAS
#include "plugin_v1.h"
#undef strata_text
#undef strata_plugin
#define SAME(type, old_type, member) _Static_assert(offsetof(type, member) == offsetof(old_type, member), #member)
SAME(strata_text, old_text, data);
SAME(strata_text, old_text, size);
_Static_assert(sizeof(strata_text) == sizeof(old_text), "strata_text never grows");
SAME(strata_plugin, old_plugin, struct_size);
SAME(strata_plugin, old_plugin, module);
SAME(strata_plugin, old_plugin, version);
SAME(strata_plugin, old_plugin, bundle);
SAME(strata_plugin, old_plugin, capability);
_Static_assert(sizeof(strata_plugin) >= sizeof(old_plugin), "members are only added");
)")
                        .string();
  const auto compiled = run({STRATA_C_COMPILER, "-std=c11", "-fsyntax-only", "-I", STRATA_SOURCE_DIR "/plugins/include",
                             "-I", STRATA_SOURCE_DIR "/tests/plugins/frozen", file});
  INFO(compiled.err);
  CHECK(compiled.exit_code == 0);
}
