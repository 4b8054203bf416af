#include "tests/faults/soak/tally.h"

#include <csignal>
#include <iostream>
#include <thread>

namespace strata::soak {

namespace {

constexpr std::size_t enough_violations = 5;

volatile std::sig_atomic_t told_to_end = 0;

}  // namespace

void end_when_told() {
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { told_to_end = 1; });
}
bool was_told_to_end() {
  return told_to_end != 0;
}

Tally::Tally(std::string scenario, int wanted, unsigned seed, std::optional<SteadyClock::time_point> deadline)
    : scenario_(std::move(scenario)), wanted_(wanted), seed_(seed), deadline_(deadline), random_(seed) {}

bool Tally::wants_more() const {
  const bool late = deadline_ && SteadyClock::now() > *deadline_;
  return done_ < wanted_ && !late && !was_told_to_end() && violations_.size() < enough_violations;
}

void Tally::sleep_below(milliseconds limit) {
  const auto most = std::chrono::duration_cast<std::chrono::microseconds>(limit).count();
  std::this_thread::sleep_for(std::chrono::microseconds(below(static_cast<unsigned>(most) + 1)));
}

bool Tally::check(bool holds, const std::string& otherwise) {
  if (holds) return true;
  violations_.push_back(where_ + ": " + otherwise);
  std::cerr << "BAD " << scenario_ << ", seed " << seed_ << ", " << violations_.back() << std::endl;
  return false;
}

void Tally::measure(const std::map<std::string, int>& ends) {
  measured_.clear();
  for (const auto& [end, count] : ends)
    measured_ += (measured_.empty() ? "" : ", ") + std::to_string(count) + " × " + end;
}

void Tally::check_none(const std::vector<std::string>& wrong) {
  for (const auto& line : wrong) check(false, line);
}

}  // namespace strata::soak
