// Failures of the disk below SQLite, at will: the n-th call that changes a file is where the process dies, or where
// that call fails.
#pragma once

namespace strata::test {

struct Fault {
  enum class What {
    none,
    kill_before,  // SIGKILL instead of the call
    kill_after,   // SIGKILL once the call is made; of a write, only its first half
    fail,         // the call fails with `error`, this once
    fail_from,    // … and all that follow
  };
  What what = What::none;
  int at = 0;     // which of the calls, from 1
  int error = 0;  // an errno
};

// For this process, from now on. Counts writes, truncations, syncs and unlinks.
void set_fault(const Fault& fault);
int calls_so_far();  // since set_fault

}  // namespace strata::test
