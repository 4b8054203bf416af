// A project of one test, and what a Catch test checks about it.
#pragma once

#include "tests/support/plain_project.h"

#include <catch2/catch.hpp>

namespace strata::test {

// Fails for each line of unsettled().
void check_settled(const Project& project);

// Runs `deploy` until its end and then check_settled.
ProcessResult heal(const Project& project);

}  // namespace strata::test
