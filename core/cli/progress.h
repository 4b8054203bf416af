// What somebody at a terminal sees while a run works: a bar with the migration in hand. Elsewhere: log lines.
#pragma once

#include "core/cli/workbench.h"
#include "core/execute/executor.h"

#include <chrono>
#include <string>

namespace strata {

class Progress {
 public:
  // `verb` is past tense: "applied", "reverted". `planned` is not known before the plan is made: it grows as told.
  Progress(const Workbench& bench, std::string verb);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  StepWatcher watcher();
  void set_total(std::size_t total) { total_ = total; }

 private:
  void draw(const std::string& id, const std::string& detail);
  void clear();

  bool terminal_;
  const Palette& palette_;
  std::string verb_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  bool drawn_ = false;
  std::string current_;
};

}  // namespace strata
