#include "tests/support/process.h"

#include "tests/support/canary.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

namespace strata::test {

namespace {

using SteadyClock = std::chrono::steady_clock;

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    const bool chooses = name == "DATABASE_URL" || name.starts_with("POSTGRES_") || name.starts_with("PG") ||
                         (name.starts_with("STRATA_") && name != "STRATA_PG_BIN");
    if (!chooses) variables[std::string(name)] = text.substr(std::min(text.size(), name.size() + 1));
  }
  for (const auto& [name, value] : added) variables[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int file_in_memory(std::string_view text = {}) {
  const int fd = memfd_create("strata-test", MFD_CLOEXEC);
  if (fd < 0 || pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::system_error(errno, std::generic_category(), "file in memory");
  }
  return fd;
}

// With pread, since the file's offset is the program's.
std::string contents(int fd) {
  std::string text;
  std::array<char, 65536> part;
  while (true) {
    const auto size = pread(fd, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (size <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

Process::Process(std::vector<std::string> args, ProcessOptions options)
    : name_(args.front()),
      out_(file_in_memory()),
      err_(file_in_memory()),
      timeout_(options.timeout),
      began_(SteadyClock::now()) {
  const int input = file_in_memory(options.input);
  auto environment = environment_with(options.env);
  const auto argv = pointers_to(args);
  const auto envp = pointers_to(environment);
  std::array<int, 2> failure{};  // closes when the program starts, else brings errno
  if (pipe2(failure.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");

  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    dup2(input, STDIN_FILENO);
    dup2(out_, STDOUT_FILENO);
    dup2(err_, STDERR_FILENO);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    const bool in_place = options.cwd.empty() || chdir(options.cwd.c_str()) == 0;
    const bool as_user = options.uid == 0 || geteuid() != 0 ||
                         (setgroups(1, &options.gid) == 0 && setgid(options.gid) == 0 && setuid(options.uid) == 0);
    if (in_place && as_user) execvpe(argv[0], argv.data(), envp.data());
    const int reason = errno;
    _exit(write(failure[1], &reason, sizeof reason) == sizeof reason ? 127 : 126);
  }
  close(input);
  close(failure[1]);
  int reason = pid_ < 0 ? errno : 0;
  if (pid_ > 0 && read(failure[0], &reason, sizeof reason) == sizeof reason) waitpid(pid_, nullptr, 0);
  close(failure[0]);
  if (reason != 0) {
    close(out_);
    close(err_);
    throw std::system_error(reason, std::generic_category(), args.front());
  }
}

Process::~Process() {
  if (!ended_ && getpid() == owner_) {
    ::kill(-pid_, SIGKILL);
    end();
  }
  close(out_);
  close(err_);
}

bool Process::is_running() {
  siginfo_t info{};
  return !ended_ && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == 0;
}

void Process::kill(int signal) const {
  if (!ended_) ::kill(pid_, signal);
}

// Kills what is left of the group before it reaps the program, while the group's id cannot be anybody else's.
void Process::end() {
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  ::kill(-pid_, SIGKILL);
  int status = 0;
  rusage used{};
  wait4(pid_, &status, 0, &used);
  result_.peak_memory = static_cast<std::size_t>(used.ru_maxrss) << 10;
  ended_ = true;
  result_.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began_);
  if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
}

ProcessResult Process::wait() {
  while (is_running()) {
    if (SteadyClock::now() - began_ > timeout_) {
      result_.timed_out = true;
      ::kill(-pid_, SIGKILL);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!ended_) end();
  result_.out = out();
  result_.err = err();
  refuse_canary(result_.out + '\n' + result_.err, "the output of " + name_);
  return result_;
}

std::string Process::out() const {
  return contents(out_);
}
std::string Process::err() const {
  return contents(err_);
}

ProcessResult run(std::vector<std::string> args, ProcessOptions options) {
  return Process(std::move(args), std::move(options)).wait();
}

}  // namespace strata::test
