#include "core/discovery/module_parts.h"

#include "tests/support/builders.h"

#include <set>

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

SourceFile file_of(const std::string& path, const std::string& text) {
  return {path, text, sha256(text)};
}

ModuleParts parts_of_cases() {
  ModuleParts parts;
  parts.path = "modules/cases";
  parts.manifest = {.id = "cases",
                    .version = "1.4.0",
                    .requirements = {"identity >= 1.2"},
                    .owned_schemas = {"cases"},
                    .team = "Case team"};
  parts.files = {file_of("migrations/20260101090000_create/migration.sql", "select 1;"),
                 file_of("schema/cases.sql", "select 2;")};
  return parts;
}

}  // namespace

TEST_CASE("module parts: an id or version that is not well formed is refused, naming the path", "[discovery]") {
  auto parts = parts_of_cases();
  SECTION("no id") {
    parts.manifest.id = "";
  }
  SECTION("an id that is a path") {
    parts.manifest.id = "../cases";
  }
  SECTION("an id in capitals") {
    parts.manifest.id = "Cases";
  }
  SECTION("no version") {
    parts.manifest.version = "";
  }
  SECTION("half a version") {
    parts.manifest.version = "1.4";
  }
  const auto error = error_of(assemble_module(parts));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains("modules/cases"));
}

TEST_CASE("module parts: requirements are read with and without a range", "[discovery]") {
  auto parts = parts_of_cases();
  parts.manifest.requirements = {"identity", "onboarding>=1.1", "payments ^2.0.0", "audit *"};
  const auto module = value_of(assemble_module(parts));
  REQUIRE(module.requirements.size() == 4);
  CHECK(module.requirements[0].range.text() == "*");
  CHECK(module.requirements[1].module == "onboarding");
  CHECK(module.requirements[1].range.text() == ">=1.1");
  CHECK_FALSE(module.requirements[2].range.contains(parse_version("1.9.0").value()));
  CHECK(module.requirements[3].module == "audit");
}

TEST_CASE("module parts: a requirement that is none is refused as it was written", "[discovery]") {
  auto parts = parts_of_cases();
  const auto text = GENERATE(as<std::string>{}, "", ">= 1.2", "Identity >= 1.2", "identity >=", "identity >= one",
                             "identity 1.2.3.4", "../x >= 1");
  parts.manifest.requirements = {text};
  const auto error = error_of(assemble_module(parts));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains("modules/cases") && Contains("'" + text + "'"));
}

TEST_CASE("module parts: whatever is changed of a module changes its digest", "[discovery]") {
  std::set<Digest> digests = {module_digest(parts_of_cases())};
  const auto changed = [&](auto change) {
    auto parts = parts_of_cases();
    change(parts);
    digests.insert(module_digest(parts));
  };
  changed([](ModuleParts& parts) { parts.manifest.id = "casesx"; });
  changed([](ModuleParts& parts) { parts.manifest.version = "1.4.1"; });
  changed([](ModuleParts& parts) { parts.manifest.requirements = {}; });
  changed([](ModuleParts& parts) { parts.manifest.requirements = {"identity >= 1.3"}; });
  changed([](ModuleParts& parts) { std::swap(parts.manifest.requirements, parts.manifest.owned_schemas); });
  changed([](ModuleParts& parts) { parts.manifest.team = ""; });
  changed([](ModuleParts& parts) { parts.offers_code = true; });
  changed([](ModuleParts& parts) { parts.files.pop_back(); });
  changed([](ModuleParts& parts) { parts.files[0] = file_of(parts.files[0].path, "select 2;"); });
  changed([](ModuleParts& parts) { parts.files[0].path = "migrations/20260101090000_create/down.sql"; });
  CHECK(digests.size() == 11);
}

TEST_CASE("module parts: where a module lies does not change its digest", "[discovery]") {
  auto parts = parts_of_cases();
  parts.path = "elsewhere";
  parts.origin = ModuleOrigin::plugin;
  CHECK(module_digest(parts) == module_digest(parts_of_cases()));
}
