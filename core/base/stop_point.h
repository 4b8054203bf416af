// Named places at which a test can kill strata, or make it wait. In a build without STRATA_STOP_POINTS the macro is
// nothing at all: no name of a stop point is in a released binary.
#pragma once

namespace strata {
#ifdef STRATA_STOP_POINTS
// STRATA_TEST_KILL_AT=name: SIGKILL oneself here. STRATA_TEST_PAUSE_AT=name: create the file named by
// STRATA_TEST_PAUSE_FILE and wait until somebody removes it. `name:3` means the third time.
void stop_point(const char* name);
bool stop_points_wanted();  // by this process's environment
#define STRATA_STOP_POINT(name) ::strata::stop_point(name)
#else
#define STRATA_STOP_POINT(name) \
  do {                          \
  } while (false)
#endif
}  // namespace strata
