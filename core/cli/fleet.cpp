#include "core/cli/fleet.h"

#include "core/base/interrupt.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace strata {

namespace {

namespace bp = boost::process;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* url_variable = "STRATA_FLEET_URL";

// Its report goes into memory: nobody has to read it while it works, and no disk has to be writable.
struct Output {
  std::FILE* file = open_memory();
  Output() = default;
  Output(Output&& other) noexcept : file(std::exchange(other.file, nullptr)) {}
  Output& operator=(Output&& other) noexcept {
    std::swap(file, other.file);
    return *this;
  }
  ~Output() {
    if (file != nullptr) std::fclose(file);
  }

  static std::FILE* open_memory() {
    const int descriptor = memfd_create("strata-report", MFD_CLOEXEC);
    return descriptor == -1 ? nullptr : fdopen(descriptor, "w+");
  }
  std::string text() const {
    std::string all;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) all += static_cast<char>(c);
    return all;
  }
};

struct Worker {
  std::string target;
  Output output;
  bp::child process;
  SteadyClock::time_point began;
};

// A URL may hold a password, which must not stand in a process title.
bool may_be_shown(const std::string& url) {
  return url.starts_with("env:") || url.starts_with("file:") || url.starts_with("local:");
}

Result<Worker> start(const FleetTarget& target, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"deploy", "--json", "--target", target.name, "--url"};
  bp::environment environment = boost::this_process::environment();
  environment["STRATA_TERMINATION_LOG"] = "/dev/null";  // the fleet has one message
  if (may_be_shown(target.url)) {
    all.push_back(target.url);
  } else {
    environment[url_variable] = target.url;
    all.push_back(std::string("env:") + url_variable);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  Worker worker{target.name, {}, {}, SteadyClock::now()};
  // A runner that is killed takes its children along: who runs it again meets none of them.
  const auto follow = [parent = getpid()](auto&) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
  };
  if (worker.output.file == nullptr)
    return fail(ErrorCode::io_failed, std::string("no room for a report: ") + std::strerror(errno));
  std::error_code failed;
  worker.process = bp::child(bp::exe = "/proc/self/exe", bp::args = all, environment,
                             bp::std_in<bp::null, bp::std_out> worker.output.file, bp::std_err > bp::null,
                             bp::extend::on_exec_setup = follow, failed);
  if (failed) return fail(ErrorCode::io_failed, "strata cannot be started once more: " + failed.message());
  return worker;
}

FleetResult result_of(Worker& worker) {
  FleetResult result;
  result.target = worker.target;
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - worker.began);
  const int status = worker.process.native_exit_code();
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : worker.process.exit_code();
  const auto report = nlohmann::json::parse(worker.output.text(), nullptr, false);
  if (!report.is_object()) {
    result.outcome = "no report";
    result.error = "it ended without a report";
    result.next = "strata deploy --target " + worker.target + " alone shows why";
    return result;
  }
  const auto text = [](const nlohmann::json& of, const char* key) {
    return of.is_object() && of.contains(key) && of.at(key).is_string() ? of.at(key).get<std::string>() : "";
  };
  result.outcome = text(report, "outcome");
  result.applied = report.contains("applied") ? report.at("applied").size() : 0;
  for (const auto* key : {"stopped_by", "ledger_behind"}) {
    if (!report.contains(key) || !report.at(key).is_object() || !result.error.empty()) continue;
    result.error = text(report.at(key), "message");
    result.next = text(report.at(key), "next");
  }
  return result;
}

}  // namespace

int FleetReport::exit_code() const {
  if (signal != 0) return 128 + signal;
  const auto failed = std::find_if(done.begin(), done.end(), [](const auto& result) { return result.exit_code != 0; });
  return failed == done.end() ? 0 : failed->exit_code;
}

FleetReport run_fleet(const std::vector<FleetTarget>& targets, const FleetOptions& options,
                      const std::function<void(const FleetResult&)>& on_done) {
  FleetReport report;
  std::vector<Worker> working;
  std::size_t next = 0;
  std::size_t failures = 0;
  bool goes_on = true;
  const auto note = [&](FleetResult result) {
    const bool was_canary = report.done.size() < options.canary;
    if (result.exit_code != 0 && (was_canary || ++failures >= options.max_failures)) goes_on = false;
    on_done(result);
    report.done.push_back(std::move(result));
  };
  for (;;) {
    while (goes_on && next < targets.size() && working.size() < options.parallel) {
      const bool canaries_left = report.done.size() < options.canary;
      if (canaries_left && !working.empty()) break;
      auto worker = start(targets[next++], options.arguments);
      if (worker) {
        working.push_back(std::move(*worker));
      } else {
        note({.target = targets[next - 1].name,
              .exit_code = exit_code_of(worker.error()),
              .outcome = "not begun",
              .error = worker.error().message});
      }
    }
    if (working.empty() && (!goes_on || next == targets.size())) break;
    for (auto worker = working.begin(); worker != working.end();) {
      std::error_code ignored;
      if (worker->process.running(ignored)) {
        ++worker;
        continue;
      }
      note(result_of(*worker));
      worker = working.erase(worker);
    }
    if (interrupt::signal_number() != 0 && report.signal == 0) {
      report.signal = interrupt::signal_number();
      goes_on = false;
      for (auto& worker : working) kill(worker.process.id(), report.signal);
    }
    usleep(5'000);
  }
  for (; next < targets.size(); ++next) report.not_begun.push_back(targets[next].name);
  return report;
}

}  // namespace strata
