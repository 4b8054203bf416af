// What must hold whatever happens (the numbers are those of the specification's list of invariants): random modules,
// random faults, random tampering. A failure prints its seed; STRATA_SEED=N repeats it.
#include "state/ledger.h"
#include "tests/support/project.h"

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

namespace fs = std::filesystem;
using namespace strata;
using namespace strata::test;

namespace {

std::uint32_t seed() {
  static const std::uint32_t value = [] {
    const char* given = std::getenv("STRATA_SEED");
    return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  }();
  return value;
}

class Random {
 public:
  explicit Random(std::uint32_t number) : engine_(number) {}
  int below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }
  std::string one_of(const std::vector<std::string>& list) {
    return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 engine_;
};

// A handful of modules that need each other, each migration leaving one row in `effect`, which has no unique key: what
// runs twice shows. Names and texts follow from the random numbers alone, so the same are written into two projects.
std::vector<std::string> write_random_modules(Random random, const std::vector<const Project*>& projects) {
  std::vector<std::string> ids;
  const auto add = [&](const std::string& id, const std::string& sql) {
    ids.push_back(id);
    for (const auto* project : projects) project->migration(id, sql);
  };
  add("base/20260101000000_effect",
      "CREATE TABLE effect (name text);\nINSERT INTO effect VALUES ('base/20260101000000_effect');");
  const int count = 4 + random.below(6);
  for (int i = 0; i < count; ++i) {
    const auto module = std::string("m") + std::to_string(random.below(3));
    const auto name = "n" + std::to_string(i);
    const auto id = module + "/202602" + std::to_string(10 + i) + "000000_" + name;
    std::string sql = "-- strata: needs " + random.one_of(ids) + "\n-- strata: needs base/20260101000000_effect\n";
    const auto effect = "INSERT INTO effect VALUES ('" + id + "');\n";
    const auto table = "CREATE TABLE " + name + " AS SELECT g AS id FROM generate_series(1, 50) g;\n";
    switch (random.below(5)) {
      case 0:  // without a transaction: its statements are recorded one by one
        sql += "-- strata: no-transaction\n" + table + "CREATE INDEX CONCURRENTLY " + name + "_id ON " + name +
               " (id);\n" + effect;
        break;
      case 1:
        sql += table + "DO $$ BEGIN " + effect + " END $$;\n";
        break;
      case 2:
        sql += table + effect + "COPY " + name + " FROM STDIN;\n101\n102\n\\.\n";
        break;
      default:
        sql += table + effect + "ALTER TABLE " + name + " ADD PRIMARY KEY (id);\n";
    }
    add(id, sql);
  }
  for (const auto* project : projects)
    project->repeatable("m0/view", "CREATE OR REPLACE VIEW names AS SELECT DISTINCT name FROM effect;");
  return ids;
}

// One run that something happens to.
std::string suffer(const Project& project, Random& random) {
  switch (random.below(4)) {
    case 0: {
      const auto point = random.one_of(stop_points) + ":" + std::to_string(1 + random.below(4));
      project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", point}});
      return "killed at " + point;
    }
    case 1: {
      const auto run = project.start({"deploy"});
      const int after = random.below(120);
      std::this_thread::sleep_for(std::chrono::milliseconds(after));
      run->kill(SIGKILL);
      return "killed after " + std::to_string(after) + " ms";
    }
    case 2: {
      const auto run = project.start({"deploy"});
      std::this_thread::sleep_for(std::chrono::milliseconds(random.below(120)));
      project.ask(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
          "application_name LIKE 'strata%'");
      run->wait();
      return "backend ended";
    }
    default:
      fs::remove(project.ledger());
      fs::remove(project.ledger().string() + "-journal");
      return "ledger deleted";
  }
}

// Invariants 3, 6 and 9: both chains are whole whenever somebody looks, and the ledger's leaves are Postgres' own.
void check_chains(const Project& project, bool with_verify) {
  if (fs::exists(project.ledger())) {
    const auto ledger = Ledger::open(project.ledger(), Ledger::Access::read_write);
    INFO((ledger ? std::string() : ledger.error().message));
    REQUIRE(ledger);
    for (const auto& finding : ledger->verify()) FAIL_CHECK("event " << finding.seq << ": " << finding.what);
    if (project.ask("SELECT to_regclass('strata.event') IS NOT NULL") == "t") {
      const auto events = ledger->events("");
      for (const auto& event : *events) {
        if (event.postgres_seq == 0) continue;
        CHECK(project.ask("SELECT encode(leaf, 'hex') FROM strata.event WHERE seq = " +
                          std::to_string(event.postgres_seq)) == hex(event.leaf));
      }
    }
  }
  if (!with_verify) return;
  const auto verified = project.strata({"audit", "verify"});
  INFO(told(verified));
  CHECK(verified.exit_code == 0);
}

}  // namespace

TEST_CASE(
    "invariants: after any faults one undisturbed run ends in the state of a run without faults, each effect once",
    "[faults]") {
  if (!PostgresServer::is_available()) return;
  for (std::uint32_t round = 0; round < 12; ++round) {
    Random random(seed() + round);
    const Project project;
    const Project calm;
    const auto ids = write_random_modules(Random(seed() + round), {&project, &calm});
    std::string story = "STRATA_SEED=" + std::to_string(seed()) + ", round " + std::to_string(round) + ": ";
    INFO(story);
    REQUIRE(calm.strata({"deploy"}).exit_code == 0);
    const int faults = 1 + random.below(5);
    for (int i = 0; i < faults; ++i) {
      story += suffer(project, random) + "; ";
      INFO(story);
      check_chains(project, false);
    }
    INFO(story);
    heal(project);  // 4: one outcome for each intent
    // 1 and 2.
    CHECK(project.dump(false) == calm.dump(false));
    std::string expected;
    for (const auto& id : ids) expected += (expected.empty() ? "" : "\n") + id + "|1";
    CHECK(project.ask("SELECT e.name, count(*) FROM effect e GROUP BY 1 ORDER BY split_part(e.name, '/', 1) <> 'base', "
                      "split_part(e.name, '/', 2)") == expected);
    CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE state = 'applied'") ==
          std::to_string(ids.size() + 1));
    CHECK(project.ask("SELECT count(DISTINCT subject) || ' ' || count(*) FROM strata.event WHERE kind = 'applied'") ==
          std::to_string(ids.size() + 1) + " " + std::to_string(ids.size() + 1));
    check_chains(project, true);
    // 12: nothing is left to reconcile.
    const auto before = project.ask("SELECT count(*) FROM strata.event");
    CHECK(project.strata({"deploy"}).exit_code == 0);
    CHECK(project.strata({"audit", "pull"}).exit_code == 0);
    CHECK(project.ask("SELECT count(*) FROM strata.event") == before);
    // 11: a ledger made from Postgres is sound, and made twice it has the same leaves.
    std::string leaves;
    for (const bool again : {false, true}) {
      fs::remove(project.ledger());
      REQUIRE(project.strata({"audit", "pull"}).exit_code == 0);
      check_chains(project, true);
      std::string now;
      const auto ledger = Ledger::open(project.ledger(), Ledger::Access::read_only);
      REQUIRE(ledger);
      const auto events = ledger->events("");
      for (const auto& event : *events) {
        if (event.postgres_seq > 0) now += hex(event.leaf) + "\n";
      }
      CHECK((!again || now == leaves));
      leaves = now;
    }
    // 14: with a fresh ledger the plan needs no database.
    project.migration("m1/20260301000000_later", "SELECT 1;");
    const auto online = project.json({"plan"});
    const auto offline = project.json({"plan", "--offline"});
    CHECK(ids_in(online.at("steps")) == ids_in(offline.at("steps")));
    CHECK(online.at("digest") == offline.at("digest"));
  }
}

TEST_CASE(
    "invariants: whatever is refused before the first BEGIN changes no byte in Postgres, and no run is needed after",
    "[faults]") {
  if (!PostgresServer::is_available()) return;
  for (std::uint32_t round = 0; round < 4; ++round) {
    Random random(seed() + round);
    const Project project;
    const auto ids = write_random_modules(Random(seed() + round), {&project});
    INFO("STRATA_SEED=" << seed() << ", round " << round);
    const bool begun = random.below(2) == 0;
    if (begun) REQUIRE(project.strata({"deploy", "--to", ids[ids.size() / 2]}).exit_code == 0);
    const auto before = project.dump();
    const std::string later = "m0/20260401000000_bad";
    const std::pair<std::string, std::string> bad[] = {{later, std::string("SELECT 1;\0SELECT 2;", 19)},
                                                       {later, "SELECT 'caf\xe9';"},
                                                       {later, "COMMIT;"},
                                                       {later, "SELECT 'open;"},
                                                       {later, "\\i other.sql\n"},
                                                       {later, "SELECT 1; VACUUM effect;"},
                                                       {later, "-- strata: needs m9/20260101000000_nowhere\nSELECT 1;"},
                                                       {later, "-- strata: needs " + later + "\nSELECT 1;"},
                                                       {later, "-- strata: fly\nSELECT 1;"},
                                                       {later, "SELECT pg_advisory_unlock_all();"},
                                                       {"m0/2026_short", "SELECT 1;"}};
    for (const auto& [id, sql] : bad) {
      project.migration(id, sql);
      const auto result = project.strata({"deploy"});
      INFO(told(result));
      CHECK(result.exit_code == 65);
      CHECK(project.dump() == before);
      project.remove(project.folder_of(id));
    }
    CHECK(project.strata({"deploy"}).exit_code == 0);
    // And with nothing to do a run writes its own row alone.
    const auto events = project.ask("SELECT count(*) FROM strata.event");
    const auto state = project.dump(false);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    CHECK(project.ask("SELECT count(*) FROM strata.event") == events);
    CHECK(project.dump(false) == state);
    CHECK(project.ask("SELECT outcome FROM strata.run ORDER BY started_at DESC LIMIT 1") == "nothing to do");
  }
}

TEST_CASE(
    "invariants: a tail that is cut off on either side, and a changed byte on either side, are found while the other "
    "is there",
    "[faults]") {
  if (!PostgresServer::is_available()) return;
  Random random(seed());
  const Project project;
  write_random_modules(Random(seed()), {&project});
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto last = std::stoi(project.ask("SELECT max(seq) FROM strata.event"));
  const auto found = [&](const std::string& tampering) {
    INFO("STRATA_SEED=" << seed() << ": " << tampering);
    const auto result = project.strata({"audit", "verify"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
  };
  const std::string open = "BEGIN; ALTER TABLE strata.event DISABLE TRIGGER ALL; ";
  for (int i = 0; i < 12; ++i) {
    const int seq = 2 + random.below(last - 1);
    const auto at = " WHERE seq = " + std::to_string(seq);
    const auto kept = "CREATE TABLE kept AS TABLE strata.event; CREATE TABLE kept_meta AS TABLE strata.meta; ";
    const std::vector<std::string> forgeries = {
        "UPDATE strata.event SET body = set_byte(body, " + std::to_string(random.below(40)) +
            ", (get_byte(body, 5) + 1 + " + std::to_string(random.below(200)) + ") % 256)" + at,
        "UPDATE strata.event SET leaf = set_byte(leaf, 3, (get_byte(leaf, 3) + 7) % 256)" + at,
        "UPDATE strata.event SET chain = set_byte(chain, 9, (get_byte(chain, 9) + 7) % 256)" + at,
        "DELETE FROM strata.event WHERE seq >= " + std::to_string(seq), "DELETE FROM strata.event" + at};
    const auto forgery = random.one_of(forgeries);
    const auto before = project.ask("SELECT md5(string_agg(e::text, '' ORDER BY seq)) FROM strata.event e");
    project.ask(kept);
    project.ask(open + forgery + "; COMMIT");
    if (project.ask("SELECT coalesce(md5(string_agg(e::text, '' ORDER BY seq)), '') FROM strata.event e") != before)
      found(forgery);
    project.ask(open +
                "DELETE FROM strata.event; INSERT INTO strata.event SELECT * FROM kept; DROP TABLE kept, kept_meta; "
                "ALTER TABLE strata.event ENABLE TRIGGER ALL; COMMIT");
  }
  const auto whole = project.strata({"audit", "verify"});
  INFO(told(whole));
  CHECK(whole.exit_code == 0);
}

TEST_CASE("invariants: at most one runner is between lock and unlock, whoever starts when", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  // Each step looks for another strata that is in a transaction at the same time, and would fail over it.
  const std::string alone =
      "DO $$ BEGIN PERFORM pg_sleep(0.01); IF (SELECT count(*) FROM pg_stat_activity WHERE datname = "
      "current_database() AND application_name LIKE 'strata deploy%' AND backend_xid IS NOT NULL) <> 1 THEN RAISE 'not "
      "alone'; END IF; END $$;\n";
  std::vector<std::unique_ptr<Project>> others;
  for (int i = 0; i < 3; ++i) others.push_back(std::make_unique<Project>(project.url()));
  for (int i = 0; i < 8; ++i) {
    const auto id = "m" + std::to_string(i % 2) + "/2026020" + std::to_string(i + 1) + "000000_step";
    const auto sql = "CREATE TABLE t" + std::to_string(i) + " (id int);\n" + alone;
    project.migration(id, sql);
    for (const auto& other : others) other->migration(id, sql);
  }
  Random random(seed());
  std::vector<std::unique_ptr<Process>> runs;
  for (const auto& other : others) {
    runs.push_back(other->start({"deploy"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(60)));
  }
  runs.push_back(project.start({"deploy"}));
  for (const auto& run : runs) {
    const auto result = run->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
  }
  CHECK(project.ask("SELECT count(*) FROM strata.event WHERE kind = 'applied'") == "8");
}
