// Heads that were kept elsewhere: what audit verify makes of them on both sides.
#include "tests/cli/document_support.h"
#include "tests/cli/ledger_tampering.h"

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

void write_one(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
}

void write_another(const Project& project) {
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
}

std::string checkpoint(const Project& project, const std::string& file, const std::string& key = "alice") {
  const auto result = project.strata({"audit", "checkpoint", "--sign", key + ".pem", "-o", file});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  return bytes_of(project.root() / file);
}

void check_found(const Project& project, const std::string& file, const std::vector<std::string>& reasons,
                 Arguments more = {}) {
  Arguments command{"audit", "verify", "--checkpoint", file, "--key", "alice.pub.pem"};
  command.insert(command.end(), more.begin(), more.end());
  const auto result = project.strata(command);
  INFO(told(result));
  CHECK(result.exit_code == 65);
  for (const auto& reason : reasons) {
    INFO(reason);
    CHECK(contains(result.out, reason));
  }
}

}  // namespace

TEST_CASE("checkpoint: both sides go on from it, today and after more runs", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_one(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto text = checkpoint(project, "a.note");
  CHECK(checkpoint(project, "b.note") == text);  // the same head, the same bytes
  CHECK(contains(text, "strata-ledger/"));
  CHECK(contains(text, "database " + project.ask("SELECT database FROM strata.meta") + " 2 "));
  CHECK(contains(text, project.ask("SELECT encode(chain, 'base64') FROM strata.meta")));
  for (const bool later : {false, true}) {
    if (later) write_another(project);
    for (const auto& more : {Arguments{}, Arguments{"--offline"}}) {
      Arguments command{"audit", "verify", "--checkpoint", "a.note", "--key", "bob.pub.pem", "--key", "alice.pub.pem"};
      command.insert(command.end(), more.begin(), more.end());
      const auto result = project.strata(command);
      INFO(told(result));
      CHECK(result.exit_code == 0);
      CHECK(contains(result.out, "go on from the checkpoint"));
    }
  }
  const auto document = project.json({"audit", "checkpoint"});
  CHECK(document["head"]["seq"].get<int>() > 4);
  CHECK(document["databases"][0]["head"]["seq"] == 3);
  CHECK(contains(document["note"], "strata-ledger/" + document["ledger"].get<std::string>()));
  CHECK(project.strata({"audit", "checkpoint"}).out == document["note"]);
}

TEST_CASE("checkpoint: what none of the keys has signed is refused with 77, and what is no checkpoint with 65",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_one(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto text = checkpoint(project, "a.note");
  const auto verify = [&](const std::string& file, const std::string& key) {
    return project.strata({"audit", "verify", "--offline", "--checkpoint", file, "--key", key});
  };
  const auto foreign = verify("a.note", "bob.pub.pem");
  CHECK(foreign.exit_code == 77);
  CHECK(contains(foreign.err, "a.note is signed by none of the keys that are asked for"));
  auto changed = text;
  changed.insert(changed.find('\n') + 1, "1");
  project.write("changed.note", changed);
  CHECK(verify("changed.note", "alice.pub.pem").exit_code == 77);
  project.write("unsigned.note", text.substr(0, text.find("\n\n") + 2));
  const auto unsigned_note = verify("unsigned.note", "alice.pub.pem");
  CHECK(unsigned_note.exit_code == 77);
  CHECK(contains(unsigned_note.err, "unsigned.note is not signed"));
  // Without --key nobody asks who signed it.
  CHECK(project.strata({"audit", "verify", "--offline", "--checkpoint", "unsigned.note"}).exit_code == 0);
  project.write("no.note", "hello\n");
  CHECK(verify("no.note", "alice.pub.pem").exit_code == 65);
  CHECK(verify("missing.note", "alice.pub.pem").exit_code == 65);
  CHECK(project.strata({"audit", "verify", "--key", "alice.pub.pem"}).exit_code == 64);
  fs::permissions(project.root() / "alice.pem", fs::perms{0644});
  CHECK(project.strata({"audit", "checkpoint", "--sign", "alice.pem"}).exit_code == 77);
}

TEST_CASE("checkpoint: a ledger whose tail was cut off, or an older one put back, is found without a database",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_one(project);
  make_key(project, "alice");
  fs::copy_file(project.ledger(), project.root() / "older.db");
  write_another(project);
  checkpoint(project, "a.note");
  fs::copy_file(project.root() / "older.db", project.ledger(), fs::copy_options::overwrite_existing);
  check_found(project, "a.note",
              {"its tail was cut off, or an older copy was put back", "the ledger holds 2 of its events"},
              {"--offline"});
}

TEST_CASE("checkpoint: a ledger made anew from Postgres is another one, and its database is still the same", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_one(project);
  make_key(project, "alice");
  checkpoint(project, "a.note");
  REQUIRE(project.strata({"audit", "pull", "--replace"}).exit_code == 0);
  const auto result = project.json({"audit", "verify", "--checkpoint", "a.note"}, 65);
  REQUIRE(result["findings"].size() == 1);
  CHECK(contains(result["findings"][0], "made anew from Postgres"));
}

TEST_CASE("checkpoint: a history that was written anew on both sides is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_one(project);
  make_key(project, "alice");
  checkpoint(project, "a.note");
  // As its owner: the last event gone, the head put back, another one in its place; and a new ledger made of that.
  project.ask(
      "SET session_replication_role = replica; DELETE FROM strata.event WHERE seq = 2; "
      "DELETE FROM strata.migration; DELETE FROM strata.run; DROP TABLE item; "
      "UPDATE strata.meta SET seq = 1, chain = (SELECT chain FROM strata.event WHERE seq = 1)");
  project.remove(".strata");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);  // the two of them agree
  check_found(project, "a.note", {"its history was rewritten", "Postgres: event 2 has the chain value"});
}
