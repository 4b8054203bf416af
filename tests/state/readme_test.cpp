#include "tests/state/ledger_support.h"

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace strata;
using namespace strata::test;
using Catch::Matchers::Contains;

namespace {

std::string readme() {
  std::ifstream file(STRATA_STATE_README);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The first fenced block in that language.
std::string block(const std::string& text, const std::string& language) {
  const auto fence = "```" + language + "\n";
  const auto begin = text.find(fence) + fence.size();
  return text.substr(begin, text.find("```\n", begin) - begin);
}

// The hexadecimal digits left of the bars.
std::string digits_in(const std::string& lines) {
  std::string digits;
  bool comment = false;
  for (const char c : lines) {
    comment = c == '|' || (comment && c != '\n');
    if (!comment && c != ' ' && c != '\n') digits.push_back(c);
  }
  return digits;
}

std::string hex_of(const std::string& bytes) {
  std::string digits;
  for (const char byte : bytes) {
    for (const int half : {byte >> 4 & 15, byte & 15}) digits.push_back("0123456789abcdef"[half]);
  }
  return digits;
}

}  // namespace

TEST_CASE("state/README.md: the worked example is what strata computes", "[state]") {
  const auto text = readme();
  REQUIRE_FALSE(text.empty());
  Event event;
  event.kind = EventKind::applied;
  event.database = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
  event.at_ms = 1'767'225'600'000;
  event.subject = "cases/20260101090000_create_cases";
  event.position = 1;
  const auto body = encode(event);
  const auto first = first_chain_of("4b4f7b6e-2c3a-4f7e-9a55-6d3a0f8f1f10");
  CHECK(digits_in(block(text, "text")) == hex_of(body));
  CHECK_THAT(text, Contains("chain(0) = " + hex(first) + "\n"));
  CHECK_THAT(text, Contains("leaf(1)  = " + hex(leaf_of(body)) + "\n"));
  CHECK_THAT(text, Contains("chain(1) = " + hex(chain_of(first, leaf_of(body))) + "\n"));
}

TEST_CASE("state/README.md: its script finds the same head as strata, and the first damaged event", "[state]") {
  if (std::system("command -v sqlite3 basenc sha256sum >/dev/null") != 0) {
    WARN("skipped: sqlite3 and coreutils are not both installed");
    return;
  }
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const auto head = make_ledger(path, 7);
  const auto script = dir.write("check.sh", block(readme(), "sh")).string();
  const auto answer = [&] {
    const int failed = std::system(("sh " + script + " " + path + " >" + path + ".out").c_str());
    return (failed == 0 ? "sound: " : "not sound: ") + dir.read("ledger.db.out");
  };
  auto digits = hex(head.chain);
  for (auto& digit : digits) digit = static_cast<char>(std::toupper(digit));
  CHECK(answer() == "sound: 7 " + digits + "\n");
  RawSqlite(path).tamper("UPDATE events SET chain = zeroblob(32) WHERE seq = 4");
  CHECK(answer() == "not sound: event 4 does not fit\n");
}
