#include "core/model/semver.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

Version version(const std::string& text) {
  INFO(text);
  const auto found = parse_version(text);
  REQUIRE(found);
  return *found;
}

bool fits(const std::string& range, const std::string& text) {
  INFO(range);
  const auto found = VersionRange::parse(range);
  REQUIRE(found);
  return found->contains(version(text));
}

}  // namespace

TEST_CASE("semver: versions come in the order of semver.org", "[model]") {
  const std::vector<std::string> ascending = {"0.9.10",     "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                              "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                                              "1.0.0",      "1.0.1",        "1.2.0",         "1.10.0",
                                              "2.0.0-0",    "2.0.0",        "10.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      INFO(ascending[i] << " and " << ascending[j]);
      CHECK((version(ascending[i]) < version(ascending[j])) == (i < j));
      CHECK((version(ascending[i]) == version(ascending[j])) == (i == j));
    }
  }
}

TEST_CASE("semver: build metadata does not count", "[model]") {
  CHECK(version("1.0.0+a") == version("1.0.0+b.7"));
  CHECK(version("1.0.0-rc.1+a").text() == "1.0.0-rc.1");
}

TEST_CASE("semver: the valid examples of semver.org are read", "[model]") {
  const auto text =
      GENERATE(as<std::string>{}, "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta",
               "1.1.2+meta-valid", "1.0.0-alpha", "1.0.0-alpha.beta.1", "1.0.0-alpha0.valid", "1.0.0-alpha.0valid",
               "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "2.0.0-rc.1+build.123", "10.2.3-DEV-SNAPSHOT",
               "1.2.3-SNAPSHOT-123", "2.0.1-alpha.1227", "1.0.0-alpha+beta", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
               "1.2.3----RC-SNAPSHOT.12.9.1--.12", "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0-0A.is.legal");
  const auto found = parse_version(text);
  REQUIRE(found);
  CHECK(found->text() == text.substr(0, text.find('+')));
}

TEST_CASE("semver: the invalid examples of semver.org are refused", "[model]") {
  const auto text = GENERATE(as<std::string>{}, "", "1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123",
                             "+invalid", "-invalid", "alpha", "alpha.beta.1", "1.0.0-alpha_beta", "1.0.0-alpha..",
                             "1.0.0-alpha..1", "01.1.1", "1.01.1", "1.1.01", "1.2.3.DEV", "1.2-SNAPSHOT",
                             "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788", "-1.0.3-gamma+b7718", "9.8.7+meta+meta",
                             "1.2.3-", "1.2.3+", "v1.2.3", " 1.2.3", "1.2.3 ", "1.2.99999999999999999999");
  CHECK_FALSE(parse_version(text));
}

TEST_CASE("semver: a range says which versions fit", "[model]") {
  struct Case {
    std::string range, version;
    bool fits;
  };
  const auto example = GENERATE(values<Case>({
      {"*", "0.0.1", true},       {"*", "9.9.9-rc.1", true},   {">= 1.2", "1.2.0", true},
      {">= 1.2", "7.0.0", true},  {">= 1.2", "1.1.9", false},  {">= 1.2", "1.2.0-rc.1", false},  // not yet 1.2
      {"> 1.2", "1.2.0", false},  {"> 1.2", "1.2.1", true},    {"< 2", "1.99.0", true},
      {"< 2", "2.0.0", false},    {"<= 1.2.3", "1.2.3", true}, {"<= 1.2.3", "1.2.4", false},
      {"^1.4.0", "1.4.0", true},  {"^1.4.0", "1.99.0", true},  {"^1.4.0", "1.3.9", false},
      {"^1.4.0", "2.0.0", false}, {"^0.4.1", "0.4.9", true},   {"^0.4.1", "0.5.0", false},
      {"^0.0.3", "0.0.3", true},  {"^0.0.3", "0.0.4", false},  {"^0", "0.9.0", true},
      {"^0", "1.0.0", false},     {"~1.4", "1.4.9", true},     {"~1.4", "1.5.0", false},
      {"~1.4.2", "1.4.1", false}, {"~1", "1.9.0", true},       {"~1", "2.0.0", false},
      {"= 1.0.0", "1.0.0", true}, {"= 1.0.0", "1.0.1", false}, {"=1.0.0", "1.0.0+build", true},
      {"1.2.3", "1.2.3", true},   {"1.2.3", "1.2.4", false},   {"1.2", "1.2.9", true},
      {"1.2", "1.3.0", false},    {"1", "1.9.9", true},        {"1", "2.0.0", false},
  }));
  INFO(example.range << " and " << example.version);
  CHECK(fits(example.range, example.version) == example.fits);
}

TEST_CASE("semver: all comparators of a range must hold", "[model]") {
  const auto range = GENERATE(as<std::string>{}, ">=1.2 <2", ">= 1.2 < 2", ">=1.2,<2", ">=1.2<2", "  >=1.2   <2  ");
  CHECK(fits(range, "1.2.0"));
  CHECK(fits(range, "1.9.0"));
  CHECK_FALSE(fits(range, "1.1.0"));
  CHECK_FALSE(fits(range, "2.0.0"));
}

TEST_CASE("semver: a pre-release is not what somebody means who asks for less than its release", "[model]") {
  CHECK_FALSE(fits("< 2.0.0", "2.0.0-rc.1"));
  CHECK_FALSE(fits("^1.4", "2.0.0-alpha"));
  CHECK(fits("< 2.0.0", "1.9.0-rc.1"));
}

TEST_CASE("semver: a range that names a pre-release compares with it", "[model]") {
  CHECK(fits("< 2.0.0-rc.1", "2.0.0-beta"));
  CHECK_FALSE(fits("< 2.0.0-rc.1", "2.0.0-rc.1"));
  CHECK(fits(">= 2.0.0-beta", "2.0.0-rc.1"));
  CHECK(fits("^1.0.0-rc.1", "1.0.0"));
}

TEST_CASE("semver: what is no range is refused", "[model]") {
  const auto text = GENERATE(as<std::string>{}, "", "  ", ">=", "latest", ">= x", "1.2.3.4", "=> 1.2", "== 1.2", "!= 1",
                             ">= 1.2 ||", "1 || 2", ">= 01", ">= *", "1.2-rc.1", "1.2;drop");
  CHECK_FALSE(VersionRange::parse(text));
}

TEST_CASE("semver: a range is told as it was written", "[model]") {
  CHECK(VersionRange::parse(" >= 1.2 ")->text() == ">= 1.2");
}
