// How one scenario of the soak went: how often it was done, what was wrong, what was measured. All chance comes from
// its seed.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace strata::soak {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Tally {
 public:
  Tally(std::string scenario, int wanted, unsigned seed, std::optional<SteadyClock::time_point> deadline);

  // False when the number is reached, the time is over, somebody wants the program to end, or so much is wrong that
  // more of it tells nothing new.
  bool wants_more() const;
  void count(int n = 1) { done_ += n; }
  int done() const { return done_; }
  // Scenarios that go through all of something learn only on the way how much that is.
  void want(int wanted) { wanted_ = wanted; }
  int wanted() const { return wanted_; }

  unsigned seed() const { return seed_; }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool one_in(unsigned n) { return below(n) == 0; }
  void sleep_below(milliseconds limit);

  // Where the scenario is: stands before what check() has to say.
  void at(std::string where) { where_ = std::move(where); }
  bool check(bool holds, const std::string& otherwise);
  void check_none(const std::vector<std::string>& wrong);
  const std::vector<std::string>& violations() const { return violations_; }

  void measure(std::string text) { measured_ = std::move(text); }
  void measure(const std::map<std::string, int>& ends);  // how often it ended how
  const std::string& measured() const { return measured_; }
  void skip(std::string why) { skipped_ = std::move(why); }
  const std::string& skipped() const { return skipped_; }

 private:
  std::string scenario_;
  int wanted_;
  unsigned seed_;
  std::optional<SteadyClock::time_point> deadline_;
  std::mt19937 random_;
  int done_ = 0;
  std::string where_;
  std::vector<std::string> violations_;
  std::string measured_;
  std::string skipped_;
};

// After SIGINT or SIGTERM: no scenario wants more, and the table says how far they came.
void end_when_told();
bool was_told_to_end();

}  // namespace strata::soak
