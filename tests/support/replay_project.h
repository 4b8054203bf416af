// A project whose replays have an embedded Postgres of their own, which ends with it.
#pragma once

#include "tests/support/project.h"

namespace strata::test {

class ReplayProject : public Project {
 public:
  ReplayProject() = default;
  ReplayProject(const ReplayProject&) = delete;
  ReplayProject& operator=(const ReplayProject&) = delete;
  ~ReplayProject() {
    set_url("local:");
    strata({"db", "stop"});
  }
};

}  // namespace strata::test
