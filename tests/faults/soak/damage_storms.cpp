// Damaged files, read by the program: ledgers and plugins. And how long it takes to verify a large ledger.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include "state/ledger.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace strata::soak {

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

std::string with_flipped_bit(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  return bytes;
}

// What the chain vouches for, by event, read without strata; less than all where SQLite cannot read on.
std::map<std::int64_t, std::string> chained(const fs::path& path) {
  std::map<std::int64_t, std::string> events;
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(database, "SELECT seq, body, leaf, chain FROM events ORDER BY seq", -1, &statement, nullptr) ==
          SQLITE_OK) {
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string row;
      for (int column = 1; column <= 3; ++column) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
        row.append(bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      }
      events[sqlite3_column_int64(statement, 0)] = row;
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return events;
}

// The first event that has other bytes of the same length, if that is the only kind of change.
std::optional<std::int64_t> changed_event(const std::map<std::int64_t, std::string>& before,
                                          const std::map<std::int64_t, std::string>& after) {
  if (before.size() != after.size()) return std::nullopt;
  for (const auto& [seq, row] : before) {
    const auto found = after.find(seq);
    if (found == after.end() || found->second.size() != row.size()) return std::nullopt;
    if (found->second != row) return seq;
  }
  return std::nullopt;
}

}  // namespace

void flipped_ledger_bits(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  CountedProject counted(url);
  write_varied(counted, tally);
  const auto& project = counted.project();
  tally.check(project.strata({"deploy"}).exit_code == 0, "the deploy that makes the ledger");
  const auto whole = bytes_of(project.ledger());
  const auto expected = chained(project.ledger());
  int found = 0;
  int named = 0;
  int harmless = 0;
  while (tally.wants_more()) {
    const auto bit = (static_cast<std::size_t>(tally.below(1u << 31)) << 2 | tally.below(4)) % (whole.size() * 8);
    tally.at("bit " + std::to_string(bit));
    std::ofstream(project.ledger(), std::ios::binary | std::ios::trunc) << with_flipped_bit(whole, bit);
    const auto result = project.strata({"audit", "verify", "--offline"});
    const auto read = chained(project.ledger());
    tally.check(result.exit_code == 0 || result.exit_code == 65, told(result));
    if (result.exit_code == 0) {
      ++harmless;
      tally.check(read == expected, "a changed event passes as verified");
    } else {
      ++found;
      if (const auto seq = changed_event(expected, read)) {
        ++named;
        tally.check(contains(result.out + result.err, "event " + std::to_string(*seq)),
                    "event " + std::to_string(*seq) + " is not named: " + told(result));
      }
    }
    tally.count();
  }
  tally.check(named > 0 || tally.done() < 100, "no flip hit an event");
  tally.measure(std::to_string(found) + " found, the event named in " + std::to_string(named) + ", " +
                std::to_string(harmless) + " change nothing that is read");
}

void damaged_plugins(Tally& tally) {
  Project project(PostgresServer::shared().create_database());
  const auto folder = project.root() / "plugins";
  fs::create_directories(folder);
  for (const auto& entry : fs::directory_iterator(STRATA_PLUGIN_FOLDER)) {
    if (entry.path().extension() == ".so") fs::copy_file(entry.path(), folder / entry.path().filename());
  }
  const auto file = folder / "cases.so";
  const auto whole = bytes_of(file);
  const Arguments inspect{"module", "inspect", file, "--json"};
  const Arguments plan{"plan", "--plugins", folder, "--json"};
  const auto inspected = project.strata(inspect);
  const auto planned = project.strata(plan);
  tally.at("the plugin as it was built");
  if (!tally.check(inspected.exit_code == 0 && planned.exit_code == 0, told(inspected) + told(planned))) return;
  // But for the forecasts, which say when they were made.
  const auto steps_in = [](const std::string& document) {
    auto steps = nlohmann::json::parse(document)["steps"];
    for (auto& step : steps) step.erase("forecast");
    return steps;
  };
  const auto steps = steps_in(planned.out);
  int refused = 0;
  while (tally.wants_more()) {
    // One in six is cut off; of the others a third each is hit anywhere, in the file's header, in the section table.
    auto damaged = whole;
    const auto kind = static_cast<unsigned>(tally.done()) % 6;
    if (kind == 0) {
      damaged.resize(tally.below(static_cast<unsigned>(whole.size())));
      tally.at("cut to " + std::to_string(damaged.size()) + " bytes");
    } else {
      const auto table = whole.size() - std::size_t{64} * 40;
      const auto byte = kind % 3 == 0   ? tally.below(64)
                        : kind % 3 == 1 ? tally.below(static_cast<unsigned>(whole.size()))
                                        : table + tally.below(static_cast<unsigned>(whole.size() - table));
      const auto bit = byte * 8 + tally.below(8);
      damaged = with_flipped_bit(std::move(damaged), bit);
      tally.at("bit " + std::to_string(bit));
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
    const auto seen = project.strata(inspect);
    const auto plan_now = project.strata(plan);
    tally.check(seen.exit_code == 65 || (seen.exit_code == 0 && seen.out == inspected.out), told(seen));
    const bool same_plan = plan_now.exit_code == 0 && steps_in(plan_now.out) == steps;
    tally.check(plan_now.exit_code == 65 || same_plan, told(plan_now));
    refused += seen.exit_code == 65;
    tally.count();
  }
  tally.measure(std::to_string(refused) + " refused, the others read as they were built");
}

void large_ledger(Tally& tally) {
  // The optimised build is what is shipped; where there is none, this one has to do.
  const bool is_release = fs::exists(STRATA_RELEASE_PROGRAM);
  const Project project("");
  {
    auto ledger = Ledger::open(project.ledger(), Ledger::Access::read_write);
    for (std::int64_t n = 0; ledger && n < tally.wanted();) {
      Ledger::Append append;
      for (int i = 0; i < 1'000 && n < tally.wanted(); ++i) {
        Event event;
        event.kind = EventKind::applied;
        event.database = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
        event.run = "2c5ea4c0-4067-41f9-8bad-9b1deb4d3b7d";
        event.at_ms = 1'767'225'600'000 + n;
        event.subject = "cases/20260101090000_step_" + std::to_string(++n);
        event.migration_kind = "migration";
        event.sha256 = event.fingerprint = sha256(event.subject);
        event.position = n;
        event.statements_done = event.statements_total = 2;
        event.actor = "deployer@pod-1 (strata)";
        append.events.push_back({std::move(event), n});
      }
      if (!tally.check(ledger->append(append).has_value(), "an append failed")) return;
    }
  }
  const auto result =
      run({is_release ? STRATA_RELEASE_PROGRAM : project.command_line({}).front(), "audit", "verify", "--offline"},
          {.cwd = project.root()});
  tally.at(is_release ? "release build" : "development build");
  tally.check(result.exit_code == 0, told(result));
  tally.check(result.elapsed < milliseconds(2'000) * tally.wanted() / 100'000 + milliseconds(300),
              "it took " + std::to_string(result.elapsed.count()) + " ms");
  tally.count(tally.wanted());
  tally.measure("events in " + std::to_string(result.elapsed.count()) + " ms, " +
                (is_release ? "release build" : "development build: there is no build/release"));
}

}  // namespace strata::soak
