#include "core/discovery/manifest.h"

#include "tests/support/builders.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

TEST_CASE("manifest: every key of module.toml is read", "[discovery]") {
  const auto manifest = value_of(parse_manifest(R"(
id = "cases"
version = "1.4.0"
requires = ["identity >= 1.2", "onboarding"]
[owns]
schemas = ["cases", "case_archive"]
[team]
name = "Case management"
)",
                                                "module.toml"));
  CHECK(manifest.id == "cases");
  CHECK(manifest.version == "1.4.0");
  CHECK(manifest.requirements == std::vector<std::string>{"identity >= 1.2", "onboarding"});
  CHECK(manifest.owned_schemas == std::vector<std::string>{"cases", "case_archive"});
  CHECK(manifest.team == "Case management");
}

TEST_CASE("manifest: a mistake is refused at its line and column", "[discovery]") {
  struct Case {
    std::string toml;
    int line, column;
    std::string message;
  };
  const auto example = GENERATE(values<Case>({
      {"id = \"cases\"\nrequire = [\"a\"]\n", 2, 11, "unknown key 'require'; known are id, version"},
      {"id = \"cases\"\n[owner]\n", 2, 1, "unknown key 'owner'"},
      {"[owns]\ntables = [\"a\"]\n", 2, 10, "unknown key 'tables' in [owns]"},
      {"[team]\nmail = \"a\"\n", 2, 8, "unknown key 'mail' in [team]"},
      {"id = 5\n", 1, 6, "id must be a string"},
      {"version = 1.4\n", 1, 11, "version must be a string"},
      {"requires = \"identity\"\n", 1, 12, "requires must be a list of strings"},
      {"requires = [\"a\",\n  1]\n", 2, 3, "each item of requires must be a string"},
      {"[owns]\nschemas = \"cases\"\n", 2, 11, "[owns] schemas must be a list of strings"},
      {"team = \"Case management\"\n", 1, 8, "unknown key 'team'"},
      {"id = cases\n", 1, 6, "not valid TOML"},
      {"id = \"a\xff\"\n", 1, 7, "not valid TOML"},
  }));
  INFO(example.toml);
  const auto error = error_of(parse_manifest(example.toml, "modules/cases/module.toml"));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK(error.where.file == "modules/cases/module.toml");
  CHECK(error.where.line == example.line);
  CHECK(error.where.column == example.column);
  CHECK_THAT(error.message, Contains(example.message));
}
