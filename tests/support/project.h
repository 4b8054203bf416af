// A project of one test, and what a Catch test checks about it.
#pragma once

#include "tests/support/plain_project.h"

#include <catch2/catch.hpp>

#include <functional>

namespace strata::test {

// Fails for each line of unsettled().
void check_settled(const Project& project);

// Runs `deploy` up to a stop point, does something there, and lets it go on.
ProcessResult deploy_with(const Project& project, const std::string& where, const std::function<void()>& meanwhile);

// Runs `deploy` until its end and then check_settled.
ProcessResult heal(const Project& project);

}  // namespace strata::test
