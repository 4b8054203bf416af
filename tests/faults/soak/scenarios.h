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
void orphaned_locks(Tally& tally);
// call_sweeps.cpp: a tally that wants fewer than all of them takes every n-th
void killed_calls(Tally& tally);
void failed_ledger_calls(Tally& tally);
void failed_sends(Tally& tally);
void failed_allocations(Tally& tally);  // allocation_sweep.cpp
// connection_storms.cpp
void ended_backends(Tally& tally);
void restarted_servers(Tally& tally);
void cuts_at_commit(Tally& tally);
void silent_servers(Tally& tally);
// runner_storms.cpp
void runners_at_once(Tally& tally);  // as many as the tally wants
void runners_without_lock(Tally& tally);
void two_runners(Tally& tally);
void frozen_runners(Tally& tally);
// signal_storms.cpp
void random_terms(Tally& tally);
void terms_at_commit(Tally& tally);
void second_signals(Tally& tally);
// damage_storms.cpp
void flipped_ledger_bits(Tally& tally);
void damaged_plugins(Tally& tally);
void large_ledger(Tally& tally);  // with as many events as the tally wants

}  // namespace strata::soak
