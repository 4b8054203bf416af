// SIGTERM, SIGINT and SIGHUP as something that poll() can wait for. Installed before anything else in main, so that
// strata as PID 1 of a container stops at once. A second signal ends the process on the spot: 128 + N, no more writes.
// So does the twentieth second after the first, whatever holds the process up (a resolver, a disk): a supervisor that
// has asked kills soon after, and says less.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <optional>

namespace strata::interrupt {

enum class SecondSignal { ends_at_once, changes_nothing };

// Also ignores SIGPIPE and SIGXFSZ: a closed pipe or a file limit must not kill a run. What nohup or a shell's
// background job ignores (SIGHUP, SIGINT) stays ignored; an ignored SIGCHLD does not: with it no child would have an
// exit code.
void install(SecondSignal second);
int fd();                                                      // readable once a signal has come; -1 before install()
int signal_number();                                           // 0: none yet
std::optional<std::chrono::steady_clock::time_point> since();  // when the signal came
// Sleeps for `length`, or until a signal comes: then an `interrupted` error.
Result<void> sleep(std::chrono::milliseconds length);
Error error();  // "stopped by SIGTERM"

}  // namespace strata::interrupt
