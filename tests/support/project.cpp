#include "tests/support/project.h"

#include <chrono>
#include <filesystem>
#include <thread>

namespace strata::test {

void check_settled(const Project& project) {
  for (const auto& line : unsettled(project)) FAIL_CHECK(line);
}

ProcessResult deploy_with(const Project& project, const std::string& where, const std::function<void()>& meanwhile) {
  const auto file = project.root() / "paused";
  const auto process =
      project.start({"deploy"}, {{"STRATA_TEST_PAUSE_AT", where}, {"STRATA_TEST_PAUSE_FILE", file.string()}});
  while (!std::filesystem::exists(file) && process->is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  INFO(process->err());
  REQUIRE(process->is_running());
  meanwhile();
  std::filesystem::remove(file);
  return process->wait();
}

ProcessResult heal(const Project& project) {
  auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
  return result;
}

}  // namespace strata::test
