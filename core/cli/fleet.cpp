#include "core/cli/fleet.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/report/json_report.h"

#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace strata {

namespace {

namespace bp = boost::process;
using SteadyClock = std::chrono::steady_clock;

// After a signal: a child that works on then is stuck, and this process has two seconds left for its report.
constexpr std::chrono::seconds longest_farewell{18};
constexpr const char* url_variable = "STRATA_FLEET_URL";

// What it writes goes into memory: nobody has to read it while it works, and no disk has to be writable.
struct Output {
  std::FILE* file = open_memory();
  off_t seen = 0;
  Output() = default;
  Output(Output&& other) noexcept : file(std::exchange(other.file, nullptr)), seen(other.seen) {}
  Output& operator=(Output&& other) noexcept {
    std::swap(file, other.file);
    std::swap(seen, other.seen);
    return *this;
  }
  ~Output() {
    if (file != nullptr) std::fclose(file);
  }

  static std::FILE* open_memory() {
    const int descriptor = memfd_create("strata-output", MFD_CLOEXEC);
    return descriptor == -1 ? nullptr : fdopen(descriptor, "w+");
  }
  // What came since the last time. Read by place: where the descriptor stands is where its writer writes.
  std::string rest() {
    std::string text;
    std::array<char, 4'096> block{};
    for (ssize_t size = 0; (size = pread(fileno(file), block.data(), block.size(), seen)) > 0; seen += size)
      text.append(block.data(), static_cast<std::size_t>(size));
    return text;
  }
};

struct Worker {
  std::string target;
  Output output;
  Output log;
  std::string log_line;  // one that is not whole yet
  bp::child process;
  SteadyClock::time_point began;
};

// A URL may hold a password, which must not stand in a process title.
bool may_be_shown(const std::string& url) {
  return url.starts_with("env:") || url.starts_with("file:") || url.starts_with("local:");
}

Result<Worker> start(const FleetTarget& target, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"deploy", "--json", "--log-format", "json", "--target", target.name, "--url"};
  bp::environment environment = boost::this_process::environment();
  environment["STRATA_TERMINATION_LOG"] = "/dev/null";  // the fleet has one message
  environment[fleet_member_variable] = "1";
  if (may_be_shown(target.url)) {
    all.push_back(target.url);
  } else {
    environment[url_variable] = target.url;
    all.push_back(std::string("env:") + url_variable);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  Worker worker{target.name, {}, {}, {}, {}, SteadyClock::now()};
  // A runner that is killed takes its children along: who runs it again meets none of them.
  const auto follow = [parent = getpid()](auto&) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
  };
  if (worker.output.file == nullptr || worker.log.file == nullptr)
    return fail(ErrorCode::io_failed, std::string("no room for a report: ") + std::strerror(errno));
  std::error_code failed;
  worker.process = bp::child(bp::exe = "/proc/self/exe", bp::args = all, environment,
                             bp::std_in<bp::null, bp::std_out> worker.output.file, bp::std_err > worker.log.file,
                             bp::extend::on_exec_setup = follow, failed);
  // Boost 1.81 forgets to hand the error on where there is no pipe to be had.
  if (!failed && !worker.process.valid()) failed.assign(errno, std::generic_category());
  if (failed) return fail(ErrorCode::io_failed, "strata cannot be started once more: " + failed.message());
  return worker;
}

void pass_on_log(Worker& worker) {
  worker.log_line += worker.log.rest();
  for (auto end = worker.log_line.find('\n'); end != std::string::npos; end = worker.log_line.find('\n')) {
    const auto line = worker.log_line.substr(0, end);
    worker.log_line.erase(0, end + 1);
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    if (!entry.is_object()) {
      spdlog::warn("{}: {}", printable(worker.target), printable(line));
      continue;
    }
    const auto level = spdlog::level::from_str(entry.value("level", ""));
    // An error is in its report, and told with it.
    if (level < spdlog::level::err) spdlog::log(level, "{}: {}", printable(worker.target), entry.value("message", ""));
  }
}

FleetResult result_of(Worker& worker, const Clock& clock) {
  FleetResult result;
  result.target = worker.target;
  result.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - worker.began);
  result.ended_ms = clock.now_ms();
  const int status = worker.process.native_exit_code();
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : worker.process.exit_code();
  if (auto report = read_run(worker.output.rest())) {
    result.report = std::move(*report);
  } else {
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.report.outcome = "no report";
    result.report.stopped_by =
        Error{.code = ErrorCode::outcome_unknown,
              .message = signal != 0 ? std::string("it was ended by a signal: ") + strsignal(signal)
                                     : "it ended with exit code " + std::to_string(result.exit_code) + " and no report",
              .next = "run the same command again: it finds out, and applies nothing twice",
              .signal = signal};
  }
  if (const auto* trouble = trouble_of(result); trouble != nullptr && result.exit_code == 0)
    result.exit_code = exit_code_of(*trouble);
  return result;
}

}  // namespace

FleetReport run_fleet(const std::vector<FleetTarget>& targets, const FleetOptions& options, const Clock& clock,
                      const std::function<void(const FleetResult&)>& on_done) {
  FleetReport report;
  const auto began = SteadyClock::now();
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
      auto worker = start(targets[next], options.arguments);
      if (!worker && !working.empty()) break;  // descriptors or processes: some are free again when one has ended
      if (worker) {
        working.push_back(std::move(*worker));
      } else {
        FleetResult result{.target = targets[next].name, .exit_code = exit_code_of(worker.error()), .report = {}};
        result.report.outcome = "not begun";
        result.report.stopped_by = worker.error();
        note(std::move(result));
      }
      ++next;
    }
    if (working.empty() && (!goes_on || next == targets.size())) break;
    for (auto worker = working.begin(); worker != working.end();) {
      std::error_code ignored;
      const bool is_running = worker->process.running(ignored);
      pass_on_log(*worker);
      if (is_running) {
        ++worker;
        continue;
      }
      note(result_of(*worker, clock));
      worker = working.erase(worker);
    }
    if (interrupt::signal_number() != 0 && report.signal == 0) {
      report.signal = interrupt::signal_number();
      goes_on = false;
      for (auto& worker : working) kill(worker.process.id(), report.signal);
    }
    if (report.signal != 0 && SteadyClock::now() - *interrupt::since() > longest_farewell) {
      for (auto& worker : working) kill(worker.process.id(), SIGKILL);
    }
    usleep(5'000);
  }
  for (; next < targets.size(); ++next) report.not_begun.push_back(targets[next].name);
  report.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
  return report;
}

}  // namespace strata
