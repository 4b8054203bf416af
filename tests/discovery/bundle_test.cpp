#include "core/discovery/bundle.h"

#include "core/discovery/folder_source.h"
#include "tests/discovery/module_files.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

ModuleParts small_parts() {
  return value_of(read_module_folder(ModuleFolder().path()));
}
std::string small_bundle() {
  return value_of(write_bundle(small_parts()));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

Error refusal_of(const std::string& bundle) {
  const auto error = error_of(read_bundle(bundle, "plugins/cases.so"));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains("plugins/cases.so"));
  CHECK_FALSE(error.next.empty());
  return error;
}

}  // namespace

TEST_CASE("bundle: it is one canonical JSON text", "[discovery]") {
  ModuleParts parts;
  parts.manifest = {.id = "cases",
                    .version = "1.4.0",
                    .requirements = {"identity >= 1.2"},
                    .owned_schemas = {"cases"},
                    .team = "Cases"};
  const std::string text = "select 'ä';\n";
  parts.files = {{"schema/cases.sql", text, sha256(text)}};
  CHECK(value_of(write_bundle(parts)) ==
        "{\"code\":false,\"digest\":\"" + hex(module_digest(parts)) +
            "\",\"files\":[{\"path\":\"schema/cases.sql\",\"sha256\":\"" + hex(sha256(text)) +
            "\",\"text\":\"select 'ä';\\n\"}],\"format\":1,\"id\":\"cases\",\"owns\":{\"schemas\":[\"cases\"]},"
            "\"requires\":[\"identity >= 1.2\"],\"team\":{\"name\":\"Cases\"},\"version\":\"1.4.0\"}");
}

TEST_CASE("bundle: read back it is the folder that it was made of", "[discovery]") {
  const auto parts = small_parts();
  const auto read = value_of(read_bundle(value_of(write_bundle(parts)), "plugins/cases.so"));
  CHECK(read.origin == ModuleOrigin::plugin);
  CHECK(read.path == "plugins/cases.so");
  CHECK(module_digest(read) == module_digest(parts));
  REQUIRE(read.files.size() == parts.files.size());
  for (std::size_t i = 0; i < read.files.size(); ++i) {
    CHECK(read.files[i].path == parts.files[i].path);
    CHECK(read.files[i].bytes == parts.files[i].bytes);
    CHECK(read.files[i].sha256 == parts.files[i].sha256);
  }
  CHECK(value_of(assemble_module(read)).migrations.size() == 2);
}

TEST_CASE("bundle: every byte that JSON escapes comes back as it was", "[discovery]") {
  auto parts = small_parts();
  std::string text = "\xef\xbb\xbf\"quoted\" \\ / \r\n\t \x01\x1f \x7f \u2028 😀";
  text.push_back('\0');
  parts.files[0] = {parts.files[0].path, text, sha256(text)};
  CHECK(value_of(read_bundle(value_of(write_bundle(parts)), "x")).files[0].bytes == text);
}

TEST_CASE("bundle: a file that is not UTF-8 cannot be packed", "[discovery]") {
  auto parts = small_parts();
  parts.files[0].bytes = "select '\xff';";
  const auto error = error_of(write_bundle(parts));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains(parts.files[0].path) && Contains("byte 8"));
}

TEST_CASE("bundle: a text that was changed is named", "[discovery]") {
  const auto message = refusal_of(replaced(small_bundle(), "drop table a;", "drop table b;")).message;
  CHECK_THAT(message, Contains("migrations/20260101090000_create/down.sql") && Contains("was changed"));
}

TEST_CASE("bundle: a text that was changed together with its sha256 is still noticed", "[discovery]") {
  const std::string before = "drop table a;\n";
  const std::string after = "drop table b;\n";
  const auto bundle =
      replaced(replaced(small_bundle(), "drop table a;", "drop table b;"), hex(sha256(before)), hex(sha256(after)));
  CHECK_THAT(refusal_of(bundle).message, Contains("its own digest"));
}

TEST_CASE("bundle: a manifest or digest that was changed is noticed", "[discovery]") {
  const auto bundle = small_bundle();
  CHECK_THAT(refusal_of(replaced(bundle, "\"version\":\"1.4.0\"", "\"version\":\"1.4.1\"")).message,
             Contains("its own digest"));
  CHECK_THAT(refusal_of(replaced(bundle, "\"code\":false", "\"code\":true")).message, Contains("its own digest"));
  CHECK_THAT(refusal_of(replaced(bundle, "identity >= 1.2", "identity >= 1.1")).message, Contains("its own digest"));
  const auto digest = hex(module_digest(small_parts()));
  CHECK_THAT(refusal_of(replaced(bundle, digest, hex(sha256("x")))).message, Contains("its own digest"));
}

TEST_CASE("bundle: files out of order or twice are refused", "[discovery]") {
  auto parts = small_parts();
  SECTION("out of order") {
    std::swap(parts.files[0], parts.files[1]);
  }
  SECTION("twice") {
    parts.files.insert(parts.files.begin(), parts.files[0]);
  }
  CHECK_THAT(refusal_of(value_of(write_bundle(parts))).message, Contains("out of order or twice"));
}

TEST_CASE("bundle: a path that could lead out of the module is refused", "[discovery]") {
  auto parts = small_parts();
  parts.files.resize(1);
  const auto path = GENERATE(as<std::string>{}, "../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", ".hidden", "a/.b",
                             "", "a/", "a\\..\\b", std::string("a\0b", 3), std::string(501, 'a'), "..");
  parts.files[0].path = path;
  CHECK_THAT(refusal_of(value_of(write_bundle(parts))).message, Contains("no plain relative path"));
}

TEST_CASE("bundle: what is not in canonical form is refused", "[discovery]") {
  const auto bundle = small_bundle();
  const auto text = GENERATE_COPY(values<std::string>({
      replaced(bundle, "\"format\":1", "\"format\": 1"),
      replaced(bundle, "\"format\":1", "\"format\":1.0"),
      replaced(bundle, "\"format\":1", "\"format\":1,\"more\":2"),
      replaced(bundle, "\"format\":1", "\"format\":1,\"format\":1"),
      replaced(bundle, "\"owns\":{", "\"owns\":{\"a\":1,"),
      replaced(bundle, "\"id\":\"cases\"", "\"id\":\"c\\u0061ses\""),
      bundle + "\n",
  }));
  CHECK_THAT(refusal_of(text).message, Contains("canonical form"));
}

TEST_CASE("bundle: another format is refused with its number", "[discovery]") {
  CHECK_THAT(refusal_of(replaced(small_bundle(), "\"format\":1", "\"format\":2")).message,
             Contains("format 2") && Contains("reads format 1"));
  CHECK_THAT(refusal_of(replaced(small_bundle(), "\"format\":1", "\"format\":\"1\"")).message,
             Contains("reads format 1"));
}

TEST_CASE("bundle: what is no bundle is refused", "[discovery]") {
  const auto bundle = small_bundle();
  const auto text = GENERATE_COPY(values<std::string>({
      "",
      "null",
      "[]",
      "{}",
      "{\"format\":1}",
      "not JSON",
      bundle.substr(0, bundle.size() / 2),
      std::string("\0\0\0", 3),
      replaced(bundle, "\"id\":\"cases\"", "\"id\":5"),
      replaced(bundle, "\"owns\":{\"schemas\":[\"cases\"]}", "\"owns\":[]"),
      replaced(bundle, "drop table a;", "drop table \xff;"),
  }));
  refusal_of(text);
}

TEST_CASE("bundle: nesting without end is refused and not followed", "[discovery]") {
  const std::size_t depth = 2'000'000;
  const auto nested = std::string(depth, '[') + std::string(depth, ']');
  const auto key = GENERATE(as<std::string>{}, "format", "id", "files", "more");
  std::string text = "{\"format\":1,\"id\":\"cases\",\"files\":[]}";
  refusal_of(key == "more" ? replaced(text, "{", "{\"more\":" + nested + ",")
                           : replaced(text, "\"" + key + "\":", "\"" + key + "\":" + nested + ",\"x\":"));
}

TEST_CASE("bundle: cut off anywhere it is refused", "[discovery]") {
  const auto bundle = small_bundle();
  for (std::size_t size = 0; size < bundle.size(); ++size) {
    if (read_bundle(std::string_view(bundle).substr(0, size), "x")) FAIL("accepted with " << size << " bytes");
  }
}

TEST_CASE("bundle: with any bit flipped it is refused", "[discovery]") {
  const auto bundle = small_bundle();
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    auto damaged = bundle;
    damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
    if (read_bundle(damaged, "x")) FAIL("accepted with byte " << i << " damaged");
  }
}
