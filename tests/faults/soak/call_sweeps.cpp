// strace at every call of a run: it kills strata there, or has the call fail.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include <csignal>
#include <fstream>
#include <map>

namespace strata::soak {

using namespace strata::test;

namespace {

struct Point {
  std::string call;
  std::string fault;  // "signal=KILL", "error=EIO"
  std::string when;   // "7": the seventh call of its name; "7+": that and all after it
};

std::string told(const Point& point) {
  return point.call + ":" + point.fault + ":when=" + point.when;
}

bool can_trace(Tally& tally) {
  try {
    const auto tried = run({"strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getppid:error=EIO", "true"});
    if (tried.exit_code == 0) return true;
    tally.skip("strace may not trace here: " + tried.err.substr(0, tried.err.find('\n')));
  } catch (const std::exception&) {
    tally.skip("strace is not installed");
  }
  return false;
}

ProcessResult traced(const Project& project, const Arguments& options) {
  Arguments command{"strace", "-f", "-qq"};
  command.insert(command.end(), options.begin(), options.end());
  // The leak sanitizer cannot look while somebody traces.
  return project.start_under(std::move(command), {"deploy"}, {{"ASAN_OPTIONS", "detect_leaks=0"}})->wait();
}

// How often an undisturbed run makes each of these calls.
std::map<std::string, int> calls_of_run(const std::string& url, const std::string& calls, Tally& tally) {
  CountedProject counted(url);
  write_two(counted);
  const auto log = counted.project().root() / "calls";
  const auto result = traced(counted.project(), {"-o", log, "-e", "signal=none", "-e", "trace=" + calls});
  tally.at("counting the calls of a run");
  tally.check(result.exit_code == 0, test::told(result));
  std::map<std::string, int> count;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) {  // "1234  openat(AT_FDCWD, …", "1234  <... poll resumed>"
    const auto begin = line.find_first_not_of("0123456789 ");
    const auto end = line.find('(');
    if (end != std::string::npos && line[begin] != '<') ++count[line.substr(begin, end - begin)];
  }
  return count;
}

std::vector<Point> every(const std::map<std::string, int>& calls, const std::vector<std::string>& faults,
                         const std::vector<std::string>& when) {
  std::vector<Point> points;
  for (const auto& [call, count] : calls) {
    for (int n = 1; n <= count; ++n) {
      for (const auto& fault : faults) {
        for (const auto& suffix : when) points.push_back({call, fault, std::to_string(n) + suffix});
      }
    }
  }
  return points;
}

// All points, or every n-th of them, from one on that the seed chooses.
void choose(std::vector<Point>& points, Tally& tally) {
  const auto wanted = static_cast<std::size_t>(tally.wanted());
  if (wanted > 0 && wanted < points.size()) {
    const auto stride = points.size() / wanted;
    std::vector<Point> chosen;
    for (std::size_t i = tally.seed() % stride; i < points.size(); i += stride) chosen.push_back(points[i]);
    points = std::move(chosen);
  }
  tally.want(static_cast<int>(points.size()));
}

// The fault once, judged by `is_proper`; then one undisturbed run, after which all must be well.
template <typename IsProper>
void try_each(std::vector<Point> points, const std::string& url, Tally& tally, IsProper is_proper) {
  choose(points, tally);
  std::map<std::string, int> ends;
  for (const auto& point : points) {
    if (!tally.wants_more()) break;
    tally.at(told(point));
    CountedProject counted(url);
    write_two(counted);
    const auto inject = point.call + ":" + point.fault + ":when=" + point.when;
    const auto struck = traced(counted.project(), {"-o", "/dev/null", "-e", "trace=" + point.call, "-e", "signal=none",
                                                   "-e", "inject=" + inject});
    tally.check(is_proper(struck), test::told(struck));
    ++ends[struck.signal == SIGKILL ? "killed" : "exit " + std::to_string(struck.exit_code)];
    const auto healed = counted.project().strata({"deploy"});
    tally.check(healed.exit_code == 0, "the next run: " + test::told(healed) + "\nafter: " + test::told(struck));
    tally.check_none(counted.wrong());
    tally.count();
  }
  tally.measure(ends);
}

}  // namespace

void killed_calls(Tally& tally) {
  if (!can_trace(tally)) return;
  const auto url = PostgresServer::shared().create_database();
  const auto calls = calls_of_run(url,
                                  "socket,connect,sendto,recvfrom,poll,openat,pwrite64,write,fdatasync,fsync,ftruncate,"
                                  "unlink,unlinkat,mkdir,mkdirat,rename,fchmod,close",
                                  tally);
  // A run under strace may make a few calls less than the counted one: then nothing is killed, and it must succeed.
  try_each(every(calls, {"signal=KILL"}, {""}), url, tally, [](const ProcessResult& result) {
    return !result.timed_out && (result.signal == SIGKILL || result.exit_code == 0);
  });
}

void failed_ledger_calls(Tally& tally) {
  if (!can_trace(tally)) return;
  const auto url = PostgresServer::shared().create_database();
  auto points = every(calls_of_run(url, "pwrite64", tally), {"error=EIO", "error=ENOSPC"}, {"", "+"});
  const auto others = every(calls_of_run(url, "fdatasync,fsync,ftruncate", tally), {"error=EIO"}, {"", "+"});
  points.insert(points.end(), others.begin(), others.end());
  // 65: before anything was done; 74: the database is done, the ledger is not; 0: SQLite could do without.
  try_each(std::move(points), url, tally, [](const ProcessResult& result) {
    return !result.timed_out && (result.exit_code == 0 || result.exit_code == 65 || result.exit_code == 74);
  });
}

void failed_sends(Tally& tally) {
  if (!can_trace(tally)) return;
  const auto url = PostgresServer::shared().create_database();
  // The socket stays open, and nobody will ever answer what was not sent: only a deadline of our own ends that.
  try_each(every(calls_of_run(url, "sendto", tally), {"error=ECONNRESET"}, {""}), url, tally,
           [](const ProcessResult& result) {
             return !result.timed_out && (result.exit_code == 0 || result.exit_code == 69);
           });
}

}  // namespace strata::soak
