// Programs as the tests run them: what they print, how they end, how long they took.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace strata::test {

struct ProcessOptions {
  std::filesystem::path cwd;                  // empty: the test's own
  std::map<std::string, std::string> env;     // on top of the test's own environment, without what chooses a database
                                              // there: DATABASE_URL, POSTGRES_*, PG*, STRATA_* but STRATA_PG_BIN
  std::string input;                          // all of standard input
  std::chrono::milliseconds timeout{60'000};  // then its process group is killed
  uid_t uid = 0;  // run as this user; only root can, and only root needs to. 0: the test's own
  gid_t gid = 0;
};

struct ProcessResult {
  int exit_code = -1;  // -1: ended by `signal`
  int signal = 0;
  bool timed_out = false;
  std::string out;  // standard output
  std::string err;  // standard error
  std::chrono::milliseconds elapsed{0};
  std::size_t peak_memory = 0;  // in bytes: the most that lay in memory at once
};

// A program in the background, in a process group of its own that is killed with the object. Output goes to files in
// memory: nothing blocks when nobody reads, and a daemon that keeps them open holds nobody up.
class Process {
 public:
  // `args[0]` is looked up in PATH if it has no slash. Throws when there is no such program.
  explicit Process(std::vector<std::string> args, ProcessOptions options = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  bool is_running();
  void kill(int signal) const;  // the program alone, not its group
  ProcessResult wait();         // at most until the timeout, which counts from the start
  std::string out() const;      // what it has printed so far
  std::string err() const;

 private:
  void end();

  pid_t owner_ = getpid();  // the process that made the object: a fork of it ends nothing
  std::string name_;
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool ended_ = false;
  std::chrono::milliseconds timeout_;
  std::chrono::steady_clock::time_point began_;
  ProcessResult result_;
};

// Runs it to its end.
ProcessResult run(std::vector<std::string> args, ProcessOptions options = {});

}  // namespace strata::test
