#include "core/discovery/lock_file.h"
#include "tests/support/builders.h"

using namespace strata;
using namespace strata::test;

namespace {

Module pinned(const std::string& id, const std::string& content, const std::optional<std::string>& library = {}) {
  auto module = module_of(id, "1.2.0", {});
  module.digest = sha256(content);
  if (library) module.library = sha256(*library);
  return module;
}

}  // namespace

TEST_CASE("lock file: what was written is read back, in the order of the ids", "[discovery]") {
  const std::vector<Module> modules = {pinned("shop", "a", "so"), pinned("mail", "b")};
  const auto text = write_lock_file(modules);
  CHECK(text.find("[module.mail]") < text.find("[module.shop]"));
  const auto pins = value_of(read_lock_file(text, "strata.lock"));
  REQUIRE(pins.size() == 2);
  CHECK(pins.at("mail").digest == sha256("b"));
  CHECK_FALSE(pins.at("mail").library);
  CHECK(pins.at("shop").library == sha256("so"));
  CHECK(pins.at("shop").version == "1.2.0");
  CHECK(check_pins(modules, pins, "strata.lock"));
}

TEST_CASE("lock file: every module that is not as it is pinned is named", "[discovery]") {
  const auto pins = value_of(read_lock_file(
      write_lock_file({pinned("same", "a"), pinned("other", "b"), pinned("gone", "c"), pinned("file", "d", "one")}),
      "strata.lock"));
  const auto error = error_of(check_pins(
      {pinned("same", "a", "any file"), pinned("other", "B"), pinned("new", "e"), pinned("file", "d", "two")}, pins,
      "strata.lock"));
  CHECK(error.code == ErrorCode::not_permitted);
  for (const auto& part : {hex(sha256("b")), hex(sha256("B")), hex(sha256("one")), hex(sha256("two")),
                           std::string("new (modules/new) is not pinned"), std::string("gone 1.2.0 is pinned")}) {
    INFO(error.message);
    CHECK(error.message.find(part) != std::string::npos);
  }
  CHECK(error.message.find("same") == std::string::npos);
}

TEST_CASE("lock file: a mistake is refused at its line", "[discovery]") {
  const std::string digest = "\"" + std::string(64, '0') + "\"";
  for (const auto& text : std::vector<std::string>{
           "", "format = 2\n", "format = 1\n[modules.a]\ndigest = " + digest, "format = 1\nmodule = 1",
           "format = 1\n[module.a]\nversion = \"1\"", "format = 1\n[module.a]\ndigest = \"12\"",
           "format = 1\n[module.a]\ndigest = 12", "format = 1\n[module]\na = 1",
           "format = 1\n[module.a]\ndigest = " + digest + "\nsize = 1", "format = \n",
           "format = 1\n[module.a]\ndigest = " + digest + "\nversion = 1"}) {
    const auto error = error_of(read_lock_file(text, "strata.lock"));
    INFO(text);
    CHECK(error.code == ErrorCode::bad_config);
    CHECK(error.where.file == "strata.lock");
  }
}
