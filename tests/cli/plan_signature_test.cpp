// Who vouches for a plan file, and what anybody can check about it.
#include "tests/cli/document_support.h"
#include "tests/cli/plan_file_support.h"

namespace fs = std::filesystem;
using namespace strata::test;

TEST_CASE("plan file: with --require-signature only what one of the keys signed is carried out", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto refused = [&](const std::string& reason, Arguments more) {
    const auto result = carry_out(project, std::move(more));
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, reason));
    CHECK(contains(result.err, "next: "));
    CHECK(project.ask("SELECT count(*) FROM effect") == "0");
  };
  plan(project);
  refused("a.plan is not signed", {"--require-signature", "alice.pub.pem"});
  plan(project, {"--sign", "bob.pem"});
  refused("by none of the keys", {"--require-signature", "alice.pub.pem"});

  plan(project, {"--sign", "bob.pem", "--sign", "alice.pem"});
  const auto good = bytes_of(project.root() / "a.plan");
  auto changed = good;
  changed.replace(changed.find("\"strata\":\"0.1.0\""), 16, "\"strata\":\"0.1.1\"");
  project.write("a.plan", changed);
  refused("changed after it was signed", {"--require-signature", "alice.pub.pem"});
  project.write("a.plan", good);
  const auto private_one = carry_out(project, {"--require-signature", "alice.pem"});
  CHECK(private_one.exit_code == 65);
  CHECK(contains(private_one.err, "alice.pem is a private key"));
  // The keys are alternatives; without the option nobody looks at signatures.
  make_key(project, "carol");
  check_applies(project, {"--require-signature", "carol.pub.pem", "--require-signature", "alice.pub.pem"});
  CHECK(carry_out(project).exit_code == 0);
  check_all_applied(project);
}

TEST_CASE("plan file: a key that others may read does not sign", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  const auto key = project.root() / "alice.pem";
  for (const auto mode : {0644, 0640, 0602}) {
    fs::permissions(key, static_cast<fs::perms>(mode));
    const auto result = project.strata({"plan", "--out", "a.plan", "--sign", "alice.pem"});
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, "alice.pem is a secret, and others than its owner may read or write it"));
    CHECK(contains(result.err, "chmod 600 alice.pem"));
  }
  fs::permissions(key, fs::perms{0400});
  plan(project, {"--sign", "alice.pem"});
  const auto missing = project.strata({"plan", "--out", "b.plan", "--sign", "nobody.pem"});
  CHECK(missing.exit_code == 65);
  CHECK(contains(missing.err, "openssl genpkey -algorithm ed25519"));
  CHECK_FALSE(fs::exists(project.root() / "b.plan"));
}

TEST_CASE("plan file: plan show needs the file alone, and says what a signature is worth", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto written = project.json({"plan", "--out", "a.plan", "--sign", "alice.pem"});
  const std::string signer = written["file"]["signed_by"][0];
  const Project empty("");
  empty.remove("strata.toml");
  for (const auto* name : {"a.plan", "alice.pub.pem", "bob.pub.pem"})
    empty.write(name, bytes_of(project.root() / name));

  const auto shown = empty.strata({"plan", "show", "a.plan"});
  INFO(told(shown));
  CHECK(shown.exit_code == 0);
  for (const auto& part :
       {std::string("target    default"), "event 2 of database " + project.ask("SELECT database FROM strata.meta"),
        "signed by " + signer + "  not checked: --key PUB.pem", std::string("2 modules"), std::string("3 steps"),
        "2  " + indexed, std::string("no transaction"), "digest " + written["file"]["digest"].get<std::string>()})
    CHECK(contains(shown.out, part));
  const auto valid = empty.strata({"plan", "show", "a.plan", "--key", "bob.pub.pem", "--key", "alice.pub.pem"});
  CHECK(valid.exit_code == 0);
  CHECK(contains(valid.out, signer + "  valid"));
  const auto foreign = empty.strata({"plan", "show", "a.plan", "--key", "bob.pub.pem"});
  CHECK(foreign.exit_code == 77);
  CHECK(contains(foreign.out, "not checked"));
  CHECK(contains(foreign.err, "by none of the keys"));

  const auto document = empty.json({"plan", "show", "a.plan", "--key", "alice.pub.pem"});
  CHECK(document["signatures"][0]["valid"] == true);
  CHECK(document["plan"]["target"] == "default");
  CHECK(document["digest"] == written["file"]["digest"]);
  auto changed = bytes_of(empty.root() / "a.plan");
  changed.replace(changed.find("\"target\":\"default\""), 18, "\"target\":\"defaulT\"");
  empty.write("a.plan", changed);
  CHECK(empty.json({"plan", "show", "a.plan", "--key", "alice.pub.pem"}, 77)["signatures"][0]["valid"] == false);
  CHECK(contains(empty.strata({"plan", "show", "a.plan", "--key", "alice.pub.pem"}).out, "NOT VALID"));
}

TEST_CASE("plan file: what docs/offline.md says that openssl can tell of a plan, it tells", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration(items, "CREATE TABLE item (id int);");
  const auto blocks = shell_blocks_of(bytes_of(fs::path(STRATA_SOURCE_DIR) / "docs" / "offline.md"));
  REQUIRE(blocks.size() == 2);
  const std::string keys =
      "openssl genpkey -algorithm ed25519 -out alice.pem && chmod 600 alice.pem\n"
      "openssl pkey -in alice.pem -pubout -out alice.pub.pem\n";
  REQUIRE(run_block(project, keys, {}).exit_code == 0);
  REQUIRE(project.strata({"plan", "--out", "prod.plan", "--sign", "alice.pem"}).exit_code == 0);
  const auto named = run_block(project, blocks[0], {});
  INFO(told(named));
  const auto document = project.json({"plan", "show", "prod.plan"});
  CHECK(contains(named.out, document["signatures"][0]["key"]));
  const auto verified = run_block(project, blocks[1], {});
  INFO(told(verified));
  CHECK(verified.exit_code == 0);
  CHECK(contains(verified.out, "Signature Verified Successfully"));
}
