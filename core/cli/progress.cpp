#include "core/cli/progress.h"

#include "core/base/escape.h"

#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace strata {

namespace {

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(const Workbench& bench, std::string verb)
    : terminal_(bench.stderr_is_terminal() && bench.options.log_format == "text"),
      palette_(bench.err_palette()),
      verb_(std::move(verb)) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void Progress::draw(const std::string& id, const std::string& detail) {
  const auto width = terminal_width();
  const std::size_t bar_width = width < 100 ? 12 : 24;
  const auto filled = total_ == 0 ? 0 : std::min(bar_width, bar_width * done_ / total_);
  std::string bar;
  for (std::size_t i = 0; i < bar_width; ++i) bar += i < filled ? "█" : "░";
  const auto count = " " + std::to_string(done_) + (total_ > 0 ? "/" + std::to_string(total_) : "") + "  ";
  const auto taken = bar_width + count.size() + 1;
  const auto text = one_line(id + (detail.empty() ? "" : ", " + detail), width > taken + 10 ? width - taken : 10);
  const auto line = palette_.good(bar) + count + text;
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

StepWatcher Progress::watcher() {
  StepWatcher watcher;
  watcher.on_begin = [this](const Step& step) {
    current_ = step.migration->id.text();
    if (terminal_) draw(current_, "");
  };
  watcher.on_applied = [this](const AppliedStep& applied) {
    ++done_;
    if (terminal_) {
      draw(applied.id.text(), "");
    } else {
      spdlog::info("{} {} in {}", verb_, applied.id.text(), human_duration(applied.elapsed));
    }
  };
  watcher.on_trouble = [this](const Step& step, const std::string& what) {
    spdlog::warn("{}: {}", step.migration->id.text(), printable(what));
  };
  watcher.on_waiting = [this, told = std::chrono::steady_clock::time_point{}](std::chrono::milliseconds elapsed,
                                                                              const std::optional<IndexProgress>& index,
                                                                              const std::string& blockers) mutable {
    auto detail = human_duration(elapsed);
    // The number first: where the terminal is narrow, the end of the line is cut.
    if (index) detail += (index->percent ? ", " + std::to_string(*index->percent) + " %" : "") + ", " + index->phase;
    if (!blockers.empty()) detail += ", waits for " + blockers;
    if (terminal_) {
      draw(current_, detail);
      return;
    }
    // In a log once in ten seconds is enough.
    const auto now = std::chrono::steady_clock::now();
    if (now - told < std::chrono::seconds(10)) return;
    told = now;
    spdlog::info("{} runs for {}", current_, printable(detail));
  };
  return watcher;
}

}  // namespace strata
