#include "state/checkpoint.h"
#include "tests/state/ledger_support.h"
#include "tests/support/builders.h"

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

// The first fenced block in that language, from a heading on.
std::string block(std::string text, const std::string& language, const std::string& heading = "") {
  text.erase(0, text.find(heading));
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

TEST_CASE("state/README.md: its checkpoint is what strata writes of the worked example, and openssl verifies it",
          "[state]") {
  // RFC 8032, 7.1, test 2.
  auto key = value_of(
      PrivateKey::read("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                       "-----END PRIVATE KEY-----\n",
                       "key.pem"));
  const auto text = readme();
  const auto written = block(text, "text", "## Checkpoints");
  const auto leaf = *digest_from_hex("aad074e0636330c2d38dd98bcdec8ddf646552cd1e531d06471887655b69851f");
  Checkpoint checkpoint{"4b4f7b6e-2c3a-4f7e-9a55-6d3a0f8f1f10", {}, {}};
  checkpoint.head = {1, chain_of(first_chain_of(checkpoint.ledger), leaf)};
  const std::string database = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
  checkpoint.databases.push_back({database, {1, chain_of(first_chain_of(database), leaf)}});
  std::vector<PrivateKey> keys;
  keys.push_back(std::move(key));
  CHECK(written == write_note(note_of(checkpoint, keys)));

  if (std::system("command -v openssl >/dev/null") != 0) {
    WARN("skipped: openssl is not installed");
    return;
  }
  const TempDir dir;
  dir.write("note", written);
  dir.write("pub.pem",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
            "-----END PUBLIC KEY-----\n");
  dir.write("openssl.sh", block(text, "sh", "## Checkpoints"));
  const auto verifies = [&] {
    return std::system(("cd " + dir.path().string() + " && sh openssl.sh note pub.pem >out 2>&1").c_str()) == 0;
  };
  CHECK(verifies());
  auto changed = written;
  changed[changed.find("\n1\n") + 1] = '2';
  dir.write("note", changed);
  CHECK_FALSE(verifies());
}
