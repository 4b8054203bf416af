// The scenarios of the soak. Each does its work until its tally wants no more.
#pragma once

#include "tests/faults/soak/tally.h"

#include <vector>

namespace strata::soak {

struct Scenario {
  const char* name;
  const char* goal;
  int full;     // how often, for the whole soak; 0: it finds out itself
  int brief;    // … for the short form
  int seconds;  // about what the full number takes: its share of the time where that is limited
  void (*run)(Tally&);
};
const std::vector<Scenario>& scenarios();

// kill_storms.cpp
void random_kills(Tally& tally);
void lost_ledgers(Tally& tally);
void index_kills(Tally& tally);
// call_sweeps.cpp: a tally that wants fewer than all of them takes every n-th
void killed_calls(Tally& tally);
void failed_ledger_calls(Tally& tally);
void failed_sends(Tally& tally);

}  // namespace strata::soak
