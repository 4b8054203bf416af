#include "core/plan/plan_file.h"

#include "tests/plan/plan_support.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

const std::string a1 = "a/20260101000000_one";
const std::string a2 = "a/20260102000000_two";
const std::string b1 = "b/20260101120000_one";
const std::string view = "a/view";

// RFC 8032, 7.1: the keys of tests 1 and 2.
const std::string alices =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
const std::string bobs =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
const std::string alices_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

PrivateKey private_key(const std::string& pem) {
  return value_of(PrivateKey::read(pem, "key.pem"));
}

std::vector<PublicKey> alice() {
  std::vector<PublicKey> keys;
  keys.push_back(value_of(PublicKey::read(alices_public, "alice.pub")));
  return keys;
}

// One of everything.
PlanFile full_file() {
  const auto catalog = catalog_of({{.id = a1}, {.id = a2, .sql = "vacuum;"}, {.id = b1}, {.id = view}});
  auto file = plan_file_of(value_of(make_plan(catalog, {}, {})), catalog);
  file.path = "prod.plan";
  file.strata_version = "0.1.0";
  file.target = "prod";
  file.options = {id_of(view), true};
  file.state = {"0b5c7a52-0d4e-4a3b-9a57-3f7f5b8d8a11", 71, sha256("chain")};
  file.modules.front().library = sha256("library");
  file.adopted = {{id_of("a/20250101000000_old"), sha256("old")}};
  file.accepted = {{id_of("a/20250102000000_noted"), sha256("before"), sha256("after")}};
  return file;
}

std::string text_of(const PlanFile& file) {
  return value_of(write_plan_file(file));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Error refusal_of(const std::string& text) {
  const auto error = error_of(read_plan_file(text, "prod.plan"));
  CHECK(error.code == ErrorCode::bad_plan);
  CHECK_THAT(error.message, Contains("prod.plan"));
  CHECK_THAT(error.next, Contains("strata plan --out"));
  return error;
}

std::vector<std::string> steps_against(const PlanFile& file, const std::vector<MigrationSketch>& sketches,
                                       const Applied& applied = {}, const std::set<MigrationId>& begun = {}) {
  const auto catalog = catalog_of(sketches);
  return differing_steps(file, value_of(make_plan(catalog, applied, {.allow_out_of_order = true})), catalog, begun);
}

PlanFile file_of(const std::vector<MigrationSketch>& sketches, const Applied& applied = {}) {
  const auto catalog = catalog_of(sketches);
  return plan_file_of(value_of(make_plan(catalog, applied, {})), catalog);
}

}  // namespace

TEST_CASE("plan file: what is written is read back, and written again is the same bytes", "[plan]") {
  auto file = full_file();
  SECTION("unsigned") {}
  SECTION("signed") {
    sign(file, private_key(bobs));
    sign(file, private_key(alices));
  }
  SECTION("of a database without a history, with nothing to do") {
    file.state = std::nullopt;
    file.options = {};
    file.steps.clear();
  }
  const auto text = text_of(file);
  const auto again = value_of(read_plan_file(text, "prod.plan"));
  CHECK(text_of(again) == text);
  CHECK(again.path == "prod.plan");
  CHECK(digest_of(again) == digest_of(file));
  CHECK(again.steps.size() == file.steps.size());
  CHECK(again.signatures.size() == file.signatures.size());
}

TEST_CASE("plan file: it is one line for what is signed, between two others", "[plan]") {
  auto file = full_file();
  sign(file, private_key(alices));
  const auto text = text_of(file);
  CHECK(text == "{\"plan\":\n" + signed_text(file) + ",\"signatures\":[{\"key\":\"" + hex(file.signatures[0].key) +
                    "\",\"signature\":\"" + base64(file.signatures[0].signature) + "\"}]}\n");
  CHECK(signed_text(file).find('\n') == signed_text(file).size() - 1);
  CHECK(digest_of(file) == sha256(signed_text(file)));
  CHECK_THAT(signed_text(file), Catch::StartsWith("{\"format\":1,\"kind\":\"strata plan\",\"strata\":\"0.1.0\","));
}

TEST_CASE("plan file: the digest is of everything but the signatures and the path", "[plan]") {
  const auto digest = digest_of(full_file());
  auto same = full_file();
  sign(same, private_key(alices));
  same.path = "elsewhere";
  CHECK(digest_of(same) == digest);
  const std::vector<std::function<void(PlanFile&)>> changes{
      [](PlanFile& file) { file.target = "dev"; },
      [](PlanFile& file) { file.strata_version = "0.2.0"; },
      [](PlanFile& file) { file.options.to = std::nullopt; },
      [](PlanFile& file) { file.options.allow_out_of_order = false; },
      [](PlanFile& file) { file.state = std::nullopt; },
      [](PlanFile& file) { file.state->seq = 72; },
      [](PlanFile& file) { file.state->chain[0] ^= 1; },
      [](PlanFile& file) { file.modules[0].version = "1.0.1"; },
      [](PlanFile& file) { file.modules[0].digest[0] ^= 1; },
      [](PlanFile& file) { file.modules[0].library.reset(); },
      [](PlanFile& file) { file.adopted.clear(); },
      [](PlanFile& file) { file.accepted[0].after[0] ^= 1; },
      [](PlanFile& file) { std::swap(file.steps[0], file.steps[1]); },
      [](PlanFile& file) { file.steps[0].sha256[0] ^= 1; },
      [](PlanFile& file) { file.steps[0].resume_at = 1; },
      [](PlanFile& file) { file.steps[0].reason = StepReason::continues; },
      [](PlanFile& file) { file.steps[0].transactional = false; },
      [](PlanFile& file) { file.steps[0].out_of_order = true; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO("change " << i);
    auto other = full_file();
    changes[i](other);
    CHECK(digest_of(other) != digest);
    CHECK(read_plan_file(text_of(other), "prod.plan"));
  }
}

TEST_CASE("plan file: it says the steps of the plan as they run", "[plan]") {
  const auto file = full_file();
  REQUIRE(file.steps.size() == 4);
  CHECK(file.steps[0].id.text() == a1);
  CHECK(file.steps[0].sha256 == sha256("select 1;"));
  CHECK(file.steps[0].transactional);
  CHECK(file.steps[2].id.text() == a2);
  CHECK_FALSE(file.steps[2].transactional);
  CHECK(file.steps[3].reason == StepReason::repeatable_new);
  CHECK(file.modules.size() == 2);
}

TEST_CASE("plan file: whatever byte of it is changed, it is refused or another plan", "[plan]") {
  auto file = full_file();
  sign(file, private_key(alices));
  const auto text = text_of(file);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {1, 2, 32, 128}) {
      auto damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ bit);
      const auto read = read_plan_file(damaged, "prod.plan");
      INFO("byte " << i << ", bit " << bit);
      if (read) {
        CHECK(text_of(*read) == damaged);
        CHECK_FALSE(require_signature(*read, alice()));
      } else {
        CHECK(read.error().code == ErrorCode::bad_plan);
      }
    }
  }
}

TEST_CASE("plan file: cut anywhere it is refused", "[plan]") {
  const auto text = text_of(full_file());
  for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(read_plan_file(text.substr(0, size), "prod.plan"));
}

TEST_CASE("plan file: what is no plan is refused by name and reason", "[plan]") {
  const auto text = text_of(full_file());
  const auto [from, to, because] = GENERATE_COPY(table<std::string, std::string, std::string>(
      {{"{\"plan\":\n", "{\"plan\": \n", "does not begin like one"},
       {"\"format\":1", "\"format\":2", "it has format 2, and this strata reads format 1"},
       {"\"format\":1", "\"format\":[[[[1]]]]", "nested deeper"},
       {"\"format\":1", "\"format\":[1]", "format ?"},
       {"\"kind\":\"strata plan\"", "\"kind\":\"strata checkpoint\"", "its kind"},
       {"\"target\":", "\"extra\":1,\"target\":", "unknown key 'extra' in plan"},
       {"\"to\":\"a/view\",", "", "options lacks 'to'"},
       {"\"to\":\"a/view\"", "\"to\":\"a/b/view\"", "is no migration's id"},
       {"\"target\":\"prod\"", "\"target\":\"\"", "target must be a name"},
       {"\"target\":\"prod\"", "\"target\":\"pr\\u001bod\"", "target must be a name"},
       {"\"target\":\"prod\"", "\"target\":\"pr\\nod\"", "target must be a name"},
       {"\"target\":\"prod\"", "\"target\":\"" + std::string(401, 'x') + "\"", "target must be a name"},
       {"\"target\":\"prod\"", "\"target\":\"\\u0070rod\"", "not written as strata writes it"},
       {"\"target\":\"prod\"", "\"target\":\"dev\",\"target\":\"prod\"", "not written as strata writes it"},
       {"\"seq\":71", "\"seq\":0", "seq must be at least 1"},
       {"\"seq\":71", "\"seq\":-1", "seq must be a whole number"},
       {"\"seq\":71", "\"seq\":71.0", "seq must be a whole number"},
       {"\"seq\":71", "\"seq\":18446744073709551615", "seq must be a whole number"},
       {"\"seq\":71", "\"seq\":071", "it is no JSON"},
       {"\"seq\":71", "\"seq\": 71", "not written as strata writes it"},
       {"\"seq\":71", "\"seq\":\"71\"", "seq must be a whole number"},
       {"0b5c7a52-", "0B5c7a52-", "database must be a UUID"},
       {"\"modules\":[", "\"modules\":[1,", "a module must be an object"},
       {"\"version\":\"1.0.0\"", "\"version\":\"one\"", "no module's id and version"},
       {"\"id\":\"b\"", "\"id\":\"a\"", "out of order, or there twice"},
       {"\"library\":null", "\"library\":\"abc\"", "library must be 64 hexadecimal digits"},
       {"\"allow_out_of_order\":true", "\"allow_out_of_order\":1", "must be true or false"},
       {"\"reason\":\"pending\"", "\"reason\":\"whim\"", "'whim' is no reason"},
       {"\"id\":\"" + b1 + "\"", "\"id\":\"" + a1 + "\"", "it has the step " + a1 + " twice"},
       {"\"signatures\":[]", "\"signatures\":{}", "signatures must be a list"},
       {"\"signatures\":[]", "\"signatures\":[{\"key\":\"" + std::string(64, '0') + "\",\"signature\":\"\"}]",
        "64 bytes in base64"},
       {"\"signatures\":[]}\n", "\"signatures\":[]}\n\n", "not written as strata writes it"}}));
  INFO(from << " -> " << to);
  CHECK_THAT(refusal_of(replaced(text, from, to)).message, Contains(because));
}

TEST_CASE("plan file: a file without end, or nested without end, is refused before it is parsed", "[plan]") {
  CHECK_THAT(refusal_of("{\"plan\":\n" + std::string(most_plan_bytes, ' ')).message, Contains("larger than 16 MiB"));
  CHECK_THAT(refusal_of("{\"plan\":\n" + std::string(1'000'000, '[')).message, Contains("nested deeper"));
}

TEST_CASE("plan file: a target that cannot stand in one is refused when it is written", "[plan]") {
  auto file = full_file();
  file.target = GENERATE(as<std::string>{}, "pr\xffod", "pr\nod", "");
  const auto error = error_of(write_plan_file(file));
  CHECK(error.code == ErrorCode::bad_plan);
  CHECK_THAT(error.message, Contains("cannot name the target"));
}

TEST_CASE("plan file: only a plan that one of the keys signed passes", "[plan]") {
  auto file = full_file();
  const auto refused = [&](const std::string& because) {
    const auto error = error_of(require_signature(file, alice()));
    CHECK(error.code == ErrorCode::not_permitted);
    CHECK_THAT(error.message, Contains("prod.plan") && Contains(because));
    CHECK_FALSE(error.next.empty());
  };
  refused("is not signed");
  sign(file, private_key(bobs));
  refused("signed by     " + hex(private_key(bobs).id()));
  refused("asked for     " + hex(private_key(alices).id()));
  sign(file, private_key(alices));
  CHECK(file.signatures.size() == 2);
  CHECK(require_signature(file, alice()));
  file.steps[0].sha256[0] ^= 1;
  refused("changed after it was signed");
  sign(file, private_key(alices));
  CHECK(file.signatures.size() == 2);
  CHECK(require_signature(file, alice()));
}

TEST_CASE("plan file: modules that differ are told with what was expected and found", "[plan]") {
  auto modules = modules_of({{.id = a1}, {.id = b1}});
  for (auto& module : modules) module.digest = sha256(module.id);
  modules[0].library = sha256("library");
  PlanFile file;
  for (const auto& module : modules)
    file.modules.push_back({module.id, module.version.text(), module.digest, module.library});
  CHECK(differing_modules(file, modules).empty());
  SECTION("another version") {
    modules[0].version = parse_version("1.1.0").value();
    modules[0].digest = sha256("other");
    CHECK(differing_modules(file, modules) ==
          std::vector<std::string>{"a (modules/a): expected 1.0.0, digest " + hex(sha256("a")) +
                                   "; found 1.1.0, digest " + hex(sha256("other"))});
  }
  SECTION("another library") {
    modules[0].library = sha256("other");
    CHECK(differing_modules(file, modules) ==
          std::vector<std::string>{"a (modules/a): expected a library with SHA-256 " + hex(sha256("library")) +
                                   ", found " + hex(sha256("other"))});
  }
  SECTION("the folder that the plugin was made of is the same module") {
    modules[0].library.reset();
    CHECK(differing_modules(file, modules).empty());
  }
  SECTION("one more, one less") {
    modules[1] = module_of("c", "2.0.0", {});
    const auto findings = differing_modules(file, modules);
    REQUIRE(findings.size() == 2);
    CHECK(findings[0] == "b 1.0.0 is gone");
    CHECK_THAT(findings[1], Contains("c 2.0.0 (modules/c) is new"));
  }
}

TEST_CASE("plan file: steps that differ are told one by one", "[plan]") {
  const auto file = file_of({{.id = a1}, {.id = a2}, {.id = b1}});
  CHECK(steps_against(file, {{.id = a1}, {.id = a2}, {.id = b1}}).empty());
  const auto only = [](const std::vector<std::string>& findings, const std::string& text) {
    REQUIRE(findings.size() == 1);
    CHECK_THAT(findings[0], Contains(text));
  };
  only(steps_against(file, {{.id = a1}, {.id = b1}}), "step 3, " + a2 + ", is gone");
  only(steps_against(file, {{.id = a1}, {.id = a2, .sql = "select 2;"}, {.id = b1}}),
       "step 3, " + a2 + ", has another text: expected sha256 " + hex(sha256("select 1;")) + ", found " +
           hex(sha256("select 2;")));
  only(steps_against(file, {{.id = a1}, {.id = a2}, {.id = b1}, {.id = view}}), view + " is new");
  only(steps_against(file, {{.id = a1}, {.id = a2}, {.id = b1}}, applied_of({{.id = a1}})),
       "step 1, " + a1 + ", has nothing to do any more");
  only(steps_against(file, {{.id = a1}, {.id = a2}, {.id = b1, .no_transaction = true}}),
       "step 2, " + b1 + ": expected pending, transaction; found pending, no transaction");
  only(steps_against(file, {{.id = a1, .needs = {b1}}, {.id = a2}, {.id = b1}}),
       "the order is another: expected " + a1 + " next, found " + b1);
}

TEST_CASE("plan file: what runs of the plan itself have done is not missed", "[plan]") {
  const auto file = file_of({{.id = a1}, {.id = a2}, {.id = b1}});
  const std::vector<MigrationSketch> all{{.id = a1}, {.id = a2}, {.id = b1}};
  CHECK(steps_against(file, all, applied_of({{.id = a1}}), {id_of(a1)}).empty());
  CHECK(steps_against(file, all, applied_of(all), {id_of(a1), id_of(b1), id_of(a2)}).empty());
  CHECK(steps_against(file, all, applied_of({{.id = a1}, {.id = b1}}), {id_of(a1)}).size() == 1);
}

TEST_CASE("plan file: a step that the plan's own run has begun goes on wherever it stopped", "[plan]") {
  const MigrationSketch sketch{.id = a1, .sql = "vacuum t; vacuum u; vacuum v;", .no_transaction = true};
  const auto file = file_of({sketch});
  const auto stopped = stopped_after(2, MigrationState::running, sketch);
  CHECK(steps_against(file, {sketch}, stopped, {id_of(a1)}).empty());
  const auto findings = steps_against(file, {sketch}, stopped);
  REQUIRE(findings.size() == 1);
  CHECK_THAT(findings[0], Contains("expected pending, no transaction; found continues at statement 3, no transaction"));
}

TEST_CASE("plan file: accepted changes are part of the plan", "[plan]") {
  const auto before = applied_of({{.id = a1}});
  const std::vector<MigrationSketch> noted{{.id = a1, .sql = "select 1; -- noted"}};
  const auto file = file_of(noted, before);
  REQUIRE(file.accepted.size() == 1);
  CHECK(steps_against(file, noted, before).empty());
  CHECK(steps_against(file, noted, applied_of(noted), {id_of(a1)}).empty());  // a run of the plan accepted it
  const auto only = [](const std::vector<std::string>& findings, const std::string& text) {
    REQUIRE(findings.size() == 1);
    CHECK_THAT(findings[0], Contains(text));
  };
  only(steps_against(file, noted, applied_of(noted)), "is not changed here");
  only(steps_against(file, {{.id = a1, .sql = "select 1; -- noted again"}}, before), "is another text here");
  only(steps_against(file, noted, applied_of({{.id = a1, .sql = "select 1 ;"}})), "was applied here as another text");
  only(steps_against(file_of({{.id = a1}}, before), noted, before), "its comments or blanks were changed");
}
