// Connections that end, break at a COMMIT, or fall silent, and servers that stop.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include "tests/support/proxy.h"

#include <array>
#include <map>
#include <thread>

namespace strata::soak {

using namespace strata::test;

namespace {

// One after which another must not be needed to be whole: 0; or 69, and the next one finds out.
void check_end(const CountedProject& counted, const ProcessResult& result, Tally& tally) {
  tally.check(result.exit_code == 0 || result.exit_code == 69, told(result));
  const auto healed = counted.project().strata({"deploy"});
  tally.check(healed.exit_code == 0, "the next run: " + told(healed) + "\nafter: " + told(result));
  tally.check_none(counted.wrong());
}

std::string told(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [what, count] : counts) text += (text.empty() ? "" : ", ") + std::to_string(count) + " × " + what;
  return text;
}

}  // namespace

void ended_backends(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  std::map<std::string, int> ends;
  for (int round = 1; tally.wants_more(); ++round) {
    CountedProject counted(url);
    write_varied(counted, tally);
    Database database(url);
    const auto process = counted.project().start({"deploy"});
    // From the moment when there is somebody to hit, not from the start of the program.
    database.wait_until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE "
        "'strata %'",
        seconds(20));
    int hits = 0;
    do {
      tally.sleep_below(milliseconds(80));
      hits +=
          std::stoi(database.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
                                 "current_database() AND application_name LIKE 'strata %'"));
    } while (process->is_running() && !tally.one_in(3));
    tally.at("round " + std::to_string(round) + ", " + std::to_string(hits) + " hits");
    const auto result = process->wait();
    ++ends["exit " + std::to_string(result.exit_code)];
    check_end(counted, result, tally);
    tally.count(hits);
  }
  tally.measure(told(ends));
}

void restarted_servers(Tally& tally) {
  PostgresServer server;
  const auto url = server.create_database();
  std::map<std::string, int> ends;
  for (int round = 0; tally.wants_more(); ++round) {
    CountedProject counted(url);
    write_varied(counted, tally);
    const bool crash = round % 2 == 1;
    const auto process = counted.project().start({"deploy"});
    tally.sleep_below(milliseconds(120));
    tally.at("round " + std::to_string(round) + (crash ? ", immediate" : ", fast"));
    crash ? server.stop_immediate() : server.stop();
    server.start();
    const auto result = process->wait();
    ++ends["exit " + std::to_string(result.exit_code)];
    check_end(counted, result, tally);
    tally.count();
  }
  tally.measure(told(ends));
}

void cuts_at_commit(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  Proxy proxy(PostgresServer::shared().socket_folder());
  constexpr int commits = 6;                // of such a run: one for each of the first three, three for the last
  constexpr std::size_t message_size = 15;  // of the Parse of COMMIT: `inside` cuts behind each byte but the last
  std::map<std::string, int> kinds;
  for (int round = 0; tally.wants_more(); ++round) {
    CountedProject counted(url);
    write_two(counted);
    counted.add_without_transaction("shop/20260104000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
    // In turn, so that none is left out: the kinds, and for `inside` the bytes.
    constexpr std::array cuts{Cut::before, Cut::inside, Cut::delivered, Cut::inside, Cut::hidden, Cut::swallowed};
    const auto how = cuts[static_cast<std::size_t>(round) % cuts.size()];
    const auto bytes = 1 + (static_cast<std::size_t>(round) / 2) % (message_size - 1);
    const int which = 1 + static_cast<int>(tally.below(commits));
    tally.at("round " + std::to_string(round) + ", " + name_of(how) + " at COMMIT " + std::to_string(which) +
             (how == Cut::inside ? ", " + std::to_string(bytes) + " bytes" : ""));
    proxy.cut(how, which, bytes);
    counted.project().set_url(proxy.url_of(database_in(url)));
    const auto result = counted.project().strata({"deploy", "--json"});
    counted.project().set_url(url);
    tally.check(proxy.cuts() == 1, "was cut " + std::to_string(proxy.cuts()) + " times");
    // The verdict: the run that was cut knows what it has applied, and that is all there was to do.
    const auto report = nlohmann::json::parse(result.out, nullptr, false);
    const bool right = result.exit_code == 0 && !report.is_discarded() && report.value("outcome", "") == "applied" &&
                       ids_in(report["applied"]).size() == counted.size();
    tally.check(right, "wrong verdict: " + told(result));
    tally.check_none(counted.wrong());
    ++kinds[name_of(how)];
    tally.count();
  }
  tally.measure(told(kinds));
}

void silent_servers(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  milliseconds longest{0};
  std::map<std::string, int> ends;
  for (int round = 1; tally.wants_more(); ++round) {
    Proxy proxy(PostgresServer::shared().socket_folder());
    CountedProject counted(url);
    write_varied(counted, tally);
    counted.project().set_url(proxy.url_of(database_in(url)));
    const auto process = counted.project().start({"deploy", "--connect-timeout", "1s"});
    const int commits = static_cast<int>(tally.below(5));
    while (proxy.commits() < commits && process->is_running()) std::this_thread::yield();
    tally.sleep_below(milliseconds(3));
    const auto began = SteadyClock::now();
    proxy.be_silent(true);
    const auto result = process->wait();
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    proxy.be_silent(false);
    counted.project().set_url(url);
    tally.at("round " + std::to_string(round) + ", silent for " + std::to_string(took.count()) + " ms");
    ++ends["exit " + std::to_string(result.exit_code)];
    longest = std::max(longest, took);
    check_end(counted, result, tally);
    tally.count();
  }
  tally.measure(told(ends) + ", after " + std::to_string(longest.count()) + " ms at most");
}

}  // namespace strata::soak
