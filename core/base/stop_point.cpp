#include "core/base/stop_point.h"

#ifdef STRATA_STOP_POINTS

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace strata {

namespace {

// Is `wanted` ("name" or "name:3") this passage of the point?
bool is_now(const char* wanted, std::string_view name, int passage) {
  if (wanted == nullptr) return false;
  std::string_view text(wanted);
  int which = 1;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), which);
    text = text.substr(0, colon);
  }
  return text == name && which == passage;
}

}  // namespace

void stop_point(const char* name) {
  static std::map<std::string, int> passages;
  const int passage = ++passages[name];
  if (is_now(std::getenv("STRATA_TEST_KILL_AT"), name, passage)) raise(SIGKILL);
  const char* file = std::getenv("STRATA_TEST_PAUSE_FILE");
  if (file != nullptr && is_now(std::getenv("STRATA_TEST_PAUSE_AT"), name, passage)) {
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    while (access(file, F_OK) == 0) usleep(5'000);
  }
}

bool stop_points_wanted() {
  return std::getenv("STRATA_TEST_KILL_AT") != nullptr || std::getenv("STRATA_TEST_PAUSE_AT") != nullptr;
}

}  // namespace strata

#endif
