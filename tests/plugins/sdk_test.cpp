// A module team's way: strata is installed somewhere, a new module is made, CMake builds its plugin.
#include "tests/support/builders.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace strata::test;
using Catch::Contains;

namespace {

std::string output_of(std::vector<std::string> args, const std::filesystem::path& cwd) {
  const auto result = run(std::move(args), {.cwd = cwd, .timeout = std::chrono::minutes(5)});
  if (result.exit_code != 0) FAIL(result.out << result.err);
  return result.out;
}

}  // namespace

TEST_CASE("sdk: find_package(strata) makes a plugin of a new module, and strata reads it", "[plugins]") {
  const TempDir folder;
  const auto prefix = (folder.path() / "installed").string();
  const auto strata = prefix + "/bin/strata";
  output_of({STRATA_CMAKE, "--install", STRATA_BINARY_DIR, "--prefix", prefix}, folder.path());

  output_of({strata, "module", "new", "demo"}, folder.path());
  output_of({STRATA_CMAKE, "-S", "modules/demo", "-B", "build", "-DCMAKE_PREFIX_PATH=" + prefix}, folder.path());
  const auto build = [&] { output_of({STRATA_CMAKE, "--build", "build"}, folder.path()); };
  const auto inspect = [&] { return output_of({strata, "module", "inspect", "build/demo.so"}, folder.path()); };
  build();
  CHECK_THAT(inspect(), Contains("demo 0.1.0") && Contains("1 migration"));
  // As a folder and as a plugin it is the same module.
  const auto listed = output_of({strata, "module", "list"}, folder.path());
  const auto digest_of = [](const std::string& text) { return text.substr(text.find("digest") + 6, 70); };
  CHECK(digest_of(inspect()) == digest_of(listed));

  // A file that is added finds its way into the plugin.
  folder.write("modules/demo/migrations/20990101000000_more/migration.sql", "select 1;\n");
  build();
  CHECK_THAT(inspect(), Contains("20990101000000_more"));
}
