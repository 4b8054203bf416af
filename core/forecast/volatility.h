// Whether an expression gives every row a value of its own.
#pragma once

#include "core/forecast/world.h"

#include <string>

namespace strata {

struct Volatility {
  std::string changing;   // a volatile function that it calls: "clock_timestamp"; "" for none
  std::string not_known;  // a function of which nothing is known; "" for none
};

Volatility volatility_of(const Node& expression, const World& world);

}  // namespace strata
