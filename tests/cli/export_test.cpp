// The ledger as a folder for an auditor: what is in it, and that a stranger with a shell can check it.
#include "tests/cli/document_support.h"
#include "tests/cli/ledger_tampering.h"
#include "tests/cli/plan_file_support.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

ProcessResult verify(const fs::path& pack) {
  return run({"sh", (pack / "verify.sh").string()});
}

void check_verified(const fs::path& pack) {
  const auto result = verify(pack);
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "verified: nothing was changed"));
  CHECK(result.err.empty());
}

fs::path export_pack(const Project& project, Arguments more = {}) {
  Arguments command{"audit", "export", "pack"};
  command.insert(command.end(), more.begin(), more.end());
  const auto result = project.strata(command);
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  return project.root() / "pack";
}

nlohmann::json json_of(const fs::path& file) {
  return nlohmann::json::parse(bytes_of(file));
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

const std::string sql_of_items = "CREATE TABLE item (id int); -- <b>not bold</b> & so on";

void write_two(const Project& project) {
  project.migration("shop/20260101000000_items", sql_of_items);
  project.migration("mail/20260102000000_letters", "CREATE TABLE letter (id int);");
  project.down("mail/20260102000000_letters", "DROP TABLE letter;");
  REQUIRE(project.strata({"deploy"}, {{"STRATA_COMMIT", "866e708"}, {"STRATA_IMAGE", "img@sha256:01"}}).exit_code == 0);
}

}  // namespace

TEST_CASE("export: the pack tells who ran which SQL, when, from which build and plan, and verifies without strata",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  make_key(project, "alice");
  REQUIRE(project.strata({"audit", "checkpoint", "--sign", "alice.pem", "-o", "early.note"}).exit_code == 0);
  REQUIRE(project.strata({"down"}).exit_code == 0);
  const auto plan_digest = project.json({"plan", "--out", "a.plan"})["file"]["digest"].get<std::string>();
  REQUIRE(project.strata({"deploy", "--plan", "a.plan"}).exit_code == 0);
  project.migration("shop/20260103000000_broken", "SELECT 1/0;");
  REQUIRE(project.strata({"deploy"}).exit_code == 1);
  const auto pack = export_pack(project, {"--sign", "alice.pem", "--checkpoint", "early.note"});
  check_verified(pack);

  const auto runs = json_of(pack / "runs.json")["runs"];
  REQUIRE(runs.size() == 4);
  CHECK(runs[0]["target"] == "default");
  CHECK(runs[0]["command"] == "deploy");
  CHECK(runs[0]["outcome"] == "applied");
  CHECK(runs[0]["commit"] == "866e708");
  CHECK(runs[0]["image"] == "img@sha256:01");
  CHECK(runs[0]["plan"].is_null());
  CHECK(runs[1]["command"] == "down");
  CHECK(runs[2]["plan"] == plan_digest);
  CHECK(bytes_of(pack / runs[2]["plan_file"].get<std::string>()) ==
        run({"sed", "-n", "2p", "a.plan"}, {.cwd = project.root()}).out);
  CHECK(contains(runs[3]["outcome"], "failed"));

  const auto migrations = json_of(pack / "migrations.json")["migrations"];
  REQUIRE(migrations.size() == 2);  // the broken one left nothing but its run
  CHECK(migrations[0]["migration"] == "mail/20260102000000_letters");
  CHECK(migrations[0]["times"] == 2);
  CHECK(migrations[0]["run"] == runs[2]["run"]);
  CHECK(migrations[1]["migration"] == "shop/20260101000000_items");
  CHECK(migrations[1]["state"] == "applied");
  CHECK(migrations[1]["elapsed_ms"].is_number());
  CHECK(bytes_of(pack / migrations[1]["file"].get<std::string>()) == sql_of_items);
  CHECK(contains(migrations[1]["file"], "sql/shop/20260101000000_items."));

  const auto events = json_of(pack / "events.json")["events"];
  CHECK(events == project.json({"audit", "log"})["events"]);
  const auto csv = bytes_of(pack / "events.csv");
  CHECK(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')) == events.size() + 1);
  const auto verification = json_of(pack / "verification.json");
  CHECK(verification["ok"] == true);
  CHECK(verification["head"]["chain"] == events.back()["chain"]);
  CHECK(verification["checkpoints"].size() == 1);
  CHECK(bytes_of(pack / "earlier-checkpoint-1") == bytes_of(project.root() / "early.note"));

  const auto page = bytes_of(pack / "index.html");
  for (const auto* part : {"866e708", "img@sha256:01", "20260101000000_items", "Verified: the ledger is whole",
                           "&lt;b&gt;not bold&lt;/b&gt; &amp; so on", "DROP TABLE letter;", "division by zero"})
    CHECK(contains(page, part));
  for (const auto* part : {"<script", "<b>not bold", "http:", "https:", "src=", "@import", "url("}) {
    INFO(part);
    CHECK_FALSE(contains(page, part));
  }
  const auto readme = bytes_of(pack / "README.md");
  for (const auto* heading : {"## An event\n", "## The chain\n", "## Checkpoints\n", "## What this proves"})
    CHECK(contains(readme, heading));
}

TEST_CASE("export: one byte changed anywhere in the pack, and its verify.sh fails and names it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  make_key(project, "alice");
  const auto pack = export_pack(project, {"--sign", "alice.pem"});
  for (const auto& file : files_in(pack)) {
    const auto name = fs::relative(file, pack).string();
    const auto before = bytes_of(file);
    for (const auto at : {std::size_t{0}, before.size() / 2, before.size() - 1}) {
      auto changed = before;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      std::ofstream(file, std::ios::binary) << changed;
      const auto result = verify(pack);
      INFO(name << ", byte " << at << "\n" << told(result));
      CHECK(result.exit_code != 0);
      // A check whose own text was changed may not get as far as that.
      if (name != "verify.sh") CHECK(contains(result.out, name));
    }
    std::ofstream(file, std::ios::binary) << before;
  }
  check_verified(pack);
}

TEST_CASE("export: a file that is gone, one besides, and an event made anew with its sum, are named", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  make_key(project, "alice");
  const auto pack = export_pack(project, {"--sign", "alice.pem"});
  const auto fails = [&](const std::string& what) {
    const auto result = verify(pack);
    INFO(told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.out, what));
  };
  SECTION("gone") {
    fs::remove(pack / "runs.csv");
    fails("  runs.csv");
  }
  SECTION("besides") {
    std::ofstream(pack / "sql" / "more.sql") << "DROP TABLE item;";
    fails("  sql/more.sql");
  }
  SECTION("besides, under names that a shell takes for blanks") {
    for (const auto* name : {" ", "\n", "\t", "-n"}) {
      std::ofstream(pack / "sql" / name) << "DROP TABLE item;";
      fails(std::string(name) == "-n" ? "sql/-n" : "its name is of no file of a pack");
      fs::remove(pack / "sql" / name);
    }
  }
  SECTION("what is no plain file") {
    REQUIRE(run({"mkfifo", (pack / "sql" / "pipe").string()}).exit_code == 0);
    fails("no plain file: ./sql/pipe");
    fs::remove(pack / "sql" / "pipe");
    fs::create_symlink("/etc/hostname", pack / "sql" / "link");
    fails("no plain file: ./sql/link");
  }
  SECTION("and no CDPATH leads elsewhere") {
    fs::remove(pack / "runs.csv");
    const auto other = project.root() / "other";
    fs::create_directories(other);
    REQUIRE(project.strata({"audit", "export", "other/" + pack.filename().string()}).exit_code == 0);
    const auto result = run({"sh", (pack.filename() / "verify.sh").string()},
                            {.cwd = pack.parent_path(), .env = {{"CDPATH", other.string()}}});
    INFO(told(result));
    CHECK(result.exit_code == 1);
  }
  SECTION("no sums at all") {
    fs::remove(pack / "SHA256SUMS");
    fails("SHA256SUMS is not there: the pack is not whole");
  }
  const auto resum = [&] {
    REQUIRE(run({"sh", "-c", "cut -c 67- SHA256SUMS | xargs sha256sum > new && mv new SHA256SUMS"}, {.cwd = pack})
                .exit_code == 0);
  };
  SECTION("an event") {
    const auto event = pack / "events" / "00000" / "00000004";
    auto bytes = bytes_of(event);
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    std::ofstream(event, std::ios::binary) << bytes;
    resum();
    fails("event 00000004 does not fit");
  }
  SECTION("a text") {
    for (const auto& file : files_in(pack / "sql")) std::ofstream(file) << "DROP TABLE item;";
    resum();
    fails("no text of an event any more: ");
  }
  SECTION("a text, and what is said of it") {
    const auto digest = bytes_of(pack / "texts").substr(bytes_of(pack / "texts").find(" sql/") - 64, 12);
    REQUIRE(run({"sh", "-c",
                 "f=$(ls sql/*/*" + digest +
                     "*); echo 'DROP TABLE item;' > $f; "
                     "s=$(sha256sum < $f | cut -c 1-64); n=${f%%." +
                     digest +
                     "*}.$(echo $s | cut -c 1-12).sql; mv $f $n; "
                     "sed -i \"s,$f,$n,; s," +
                     digest + "[0-9a-f]*,$s,\" texts SHA256SUMS"},
                {.cwd = pack})
                .exit_code == 0);
    resum();
    fails(" does not name sql/");
  }
  SECTION("the last event") {
    REQUIRE(run({"sh", "-c",
                 "last=$(tail -n 1 events/chain | cut -c 1-8); rm events/00000/$last; sed -i '$d' events/chain; "
                 "sed -i \"/$last/d\" SHA256SUMS"},
                {.cwd = pack})
                .exit_code == 0);
    resum();
    fails("checkpoint knows event ");
  }
}

TEST_CASE("export: openssl verifies the checkpoint in it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  make_key(project, "alice");
  const auto pack = export_pack(project, {"--sign", "alice.pem"});
  const auto result = project.strata({"audit", "verify", "--checkpoint", "pack/checkpoint", "--key", "alice.pub.pem"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK_FALSE(fs::exists(project.root() / "pack" / "earlier-checkpoint-1"));
}

TEST_CASE("export: a folder that is not empty, a file and a link are refused; an empty folder is filled", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  project.write("full/file", "mine");
  project.write("file", "mine");
  fs::create_directory_symlink("empty", project.root() / "link");
  for (const auto* name : {"full", "full/", "file", "link"}) {
    const auto result = project.strata({"audit", "export", name});
    INFO(name << "\n" << told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, name));
  }
  CHECK(bytes_of(project.root() / "full" / "file") == "mine");
  CHECK(bytes_of(project.root() / "file") == "mine");
  fs::create_directory(project.root() / "empty");
  for (const auto* name : {"empty/", "new/and/deep"}) {
    const auto result = project.strata({"audit", "export", name});
    INFO(told(result));
    CHECK(result.exit_code == 0);
    check_verified(project.root() / name);
  }
  CHECK(project.strata({"audit", "export"}).exit_code == 64);
}

TEST_CASE("export: killed in the middle, no half pack is there that looks whole", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  for (const std::string point : {"pack-gathered", "pack-events"}) {
    const auto killed = project.strata({"audit", "export", "pack"}, {{"STRATA_TEST_KILL_AT", point}});
    CHECK(killed.signal == SIGKILL);
    CHECK_FALSE(fs::exists(project.root() / "pack"));
  }
  std::size_t left = 0;
  for (const auto& entry : fs::directory_iterator(project.root())) {
    if (!entry.path().filename().string().starts_with("pack.")) continue;
    ++left;
    CHECK_FALSE(fs::exists(entry.path() / "SHA256SUMS"));
    if (fs::exists(entry.path() / "verify.sh")) CHECK(verify(entry.path()).exit_code != 0);
  }
  CHECK(left == 2);
  // Whole on the disk, and not yet in its place.
  CHECK(project.strata({"audit", "export", "pack"}, {{"STRATA_TEST_KILL_AT", "folder-written"}}).signal == SIGKILL);
  CHECK_FALSE(fs::exists(project.root() / "pack"));
  check_verified(export_pack(project));
}

TEST_CASE("export: a run that goes on beside it neither waits for it nor shows in the pack", "[cli]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string point : {"pack-gathered", "pack-events"}) {
    INFO(point);
    const Project project;
    write_two(project);
    const auto file = project.root() / "paused";
    auto process = project.start({"audit", "export", "pack"},
                                 {{"STRATA_TEST_PAUSE_AT", point}, {"STRATA_TEST_PAUSE_FILE", file.string()}});
    while (!fs::exists(file) && process->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    project.migration("shop/20260301000000_meanwhile", "CREATE TABLE meanwhile (id int);");
    const auto deployed = project.strata({"deploy"});
    INFO(told(deployed));
    CHECK(deployed.exit_code == 0);
    fs::remove(file);
    const auto exported = process->wait();
    INFO(told(exported));
    CHECK(exported.exit_code == 0);
    const auto verified = verify(project.root() / "pack");
    INFO(told(verified));
    CHECK(verified.exit_code == 0);
    CHECK_FALSE(contains(bytes_of(project.root() / "pack" / "migrations.csv"), "meanwhile"));
    CHECK_FALSE(fs::exists(project.root() / "pack" / "spare"));
  }
}

TEST_CASE("export: stopped by a signal, it leaves nothing behind", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  const auto file = project.root() / "paused";
  const auto process = project.start({"audit", "export", "pack"}, {{"STRATA_TEST_PAUSE_AT", "pack-events"},
                                                                   {"STRATA_TEST_PAUSE_FILE", file.string()}});
  while (!fs::exists(file) && process->is_running()) usleep(2'000);
  process->kill(SIGTERM);
  fs::remove(file);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 128 + SIGTERM);
  for (const auto& entry : fs::directory_iterator(project.root()))
    CHECK_FALSE(entry.path().filename().string().starts_with("pack"));
}

TEST_CASE("export: of a damaged ledger it says so, loud, and exits 65", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  std::string named;
  bool chain_is_broken = false;
  SECTION("a text") {
    tamper_with(project, "blobs", "update", "UPDATE blobs SET codec = 'raw', bytes = x'00'");
    named = "is not the one of that name";
  }
  SECTION("a column") {
    tamper_with(project, "events", "update",
                "UPDATE events SET subject = 'shop/20260101000000_other' WHERE subject <> ''");
    named = "was edited: its columns say";
  }
  SECTION("an event") {
    tamper_with(project, "events", "update", "UPDATE events SET body = x'0102' WHERE seq = 4");
    named = "event 4";
    chain_is_broken = true;
  }
  SECTION("an event that is gone") {
    tamper_with(project, "events", "delete", "DELETE FROM events WHERE seq = 4");
    named = "event 4";
    chain_is_broken = true;
  }
  const auto result = project.strata({"audit", "export", "pack"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.out, named));
  CHECK(contains(result.out, "NOT VERIFIED"));
  const auto pack = project.root() / "pack";
  const auto verification = json_of(pack / "verification.json");
  CHECK(verification["ok"] == false);
  CHECK(contains(verification["findings"].dump(), named));
  CHECK(contains(bytes_of(pack / "index.html"), "NOT VERIFIED: "));
  const auto verified = verify(pack);
  INFO(told(verified));
  if (chain_is_broken) {
    CHECK(verified.exit_code == 1);
    CHECK(contains(verified.out, "event 0000000"));
  } else {
    CHECK(verified.exit_code == 0);
  }
}

TEST_CASE("export: a checkpoint that the ledger does not go on from is a finding in the pack", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_two(project);
  fs::copy_file(project.ledger(), project.root() / "older.db");
  REQUIRE(project.strata({"down"}).exit_code == 0);
  REQUIRE(project.strata({"audit", "checkpoint", "-o", "a.note"}).exit_code == 0);
  const auto pack = project.json({"audit", "export", "pack", "--ledger", "older.db", "--checkpoint", "a.note"}, 65);
  CHECK(pack["ok"] == false);
  CHECK(contains(pack["findings"].dump(), "its tail was cut off, or an older copy was put back"));
  CHECK(verify(project.root() / "pack").exit_code == 1);
  CHECK(contains(bytes_of(project.root() / "pack" / "index.html"), "its tail was cut off"));
}

TEST_CASE("export: with --target the runs and migrations of its database alone, and all events", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.write("strata.toml",
                "[project]\nname = \"test\"\n[target.one]\nurl = \"env:ONE\"\n[target.two]\nurl = \"env:TWO\"\n");
  project.migration("shop/20260101000000_items", sql_of_items);
  const Environment urls{{"ONE", project.url()}, {"TWO", PostgresServer::shared().create_database()}};
  project.set_url("");
  for (const auto* target : {"one", "two"})
    REQUIRE(project.strata({"deploy", "--target", target}, urls).exit_code == 0);
  const auto all = project.json({"audit", "export", "all"});
  CHECK(all["runs"] == 2);
  const auto two = project.json({"audit", "export", "two", "--target", "two"});
  CHECK(two["runs"] == 1);
  CHECK(two["events"] == all["events"]);
  CHECK(json_of(project.root() / "two" / "migrations.json")["migrations"][0]["target"] == "two");
  check_verified(project.root() / "two");
  CHECK(project.strata({"audit", "export", "three", "--target", "three"}).exit_code == 65);
  CHECK_FALSE(fs::exists(project.root() / "three"));
}

TEST_CASE("export: every command of docs/evidence.md works, in the order in which it stands there", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.write("strata.toml", "[project]\nname = \"test\"\n[target.prod]\nurl = \"env:PROD_URL\"\n");
  project.migration(items, "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy", "--target", "prod"}).exit_code == 0);
  const auto blocks = shell_blocks_of(bytes_of(fs::path(STRATA_SOURCE_DIR) / "docs" / "evidence.md"));
  REQUIRE(blocks.size() == 7);
  std::string said;
  for (const auto& block : blocks) {
    INFO(block);
    const auto result = run_block(project, block, {{"PROD_URL", project.url()}});
    INFO(told(result));
    CHECK(result.exit_code == 0);
    said += result.out;
  }
  for (const auto* part :
       {"go on from the checkpoint", "verified: nothing was changed", "Signature Verified Successfully"})
    CHECK(contains(said, part));
}
