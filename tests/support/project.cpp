#include "tests/support/project.h"

namespace strata::test {

void check_settled(const Project& project) {
  for (const auto& line : unsettled(project)) FAIL_CHECK(line);
}

ProcessResult heal(const Project& project) {
  auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
  return result;
}

}  // namespace strata::test
