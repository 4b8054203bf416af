#include "core/base/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <string_view>

namespace strata::interrupt {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr unsigned longest_farewell = 20;  // seconds; Kubernetes' default grace period is 30
constexpr std::string_view last_words =
    "error: stopped by the signal of 20 s ago, in the middle of something that does not end: what became of it is "
    "unknown\n  next: run the command again: it finds out, and applies nothing twice\n";

std::atomic<int> received{0};
std::atomic<SteadyClock::rep> received_at{0};
int event_fd = -1;
SecondSignal second_signal = SecondSignal::ends_at_once;

// Only async-signal-safe calls in both.
void on_alarm(int) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, last_words.data(), last_words.size());
  _exit(128 + received);
}

void on_signal(int number) {
  SteadyClock::rep never = 0;
  received_at.compare_exchange_strong(never, SteadyClock::now().time_since_epoch().count());
  int none = 0;
  if (!received.compare_exchange_strong(none, number)) {
    if (second_signal == SecondSignal::ends_at_once) _exit(128 + number);
    return;
  }
  alarm(longest_farewell);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(event_fd, &one, sizeof one);
}

}  // namespace

void install(SecondSignal second) {
  second_signal = second;
  event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    if (number == SIGTERM || before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  for (const int number : {SIGPIPE, SIGXFSZ}) sigaction(number, &action, nullptr);
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
}

int fd() {
  return event_fd;
}

int signal_number() {
  return received.load();
}

std::optional<SteadyClock::time_point> since() {
  if (signal_number() == 0) return std::nullopt;
  return SteadyClock::time_point(SteadyClock::duration(received_at.load()));
}

Error error() {
  const int number = signal_number();
  const char* name = number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP";
  return Error{.code = ErrorCode::interrupted, .message = std::string("stopped by ") + name, .signal = number};
}

Result<void> sleep(std::chrono::milliseconds length) {
  const auto end = std::chrono::steady_clock::now() + length;
  for (;;) {
    if (signal_number() != 0) return fail(error());
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return {};
    pollfd waiting{event_fd, POLLIN, 0};
    poll(&waiting, event_fd < 0 ? 0 : 1, static_cast<int>(left));
  }
}

}  // namespace strata::interrupt
