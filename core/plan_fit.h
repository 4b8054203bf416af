// Whether a plan file still fits: the migrations, the modules and the state that it was made of are those of this run,
// but for what runs of this very plan have done. So a run of it that was killed is finished by the next one.
#pragma once

#include "core/base/result.h"
#include "core/plan/plan_file.h"
#include "core/postgres/history.h"
#include "state/event.h"

#include <cstdint>
#include <string>
#include <vector>

namespace strata {

struct AppliedView;  // runner.h

// What happened to the database after the plan was made.
struct EventSince {
  std::int64_t seq = 0;
  Event event;
  bool of_plan = false;  // by a run of this plan, as its row in strata.run says
};

// Nothing where the database is not the plan's, or stands before it: check_fit says so. Fails with history_damaged.
Result<std::vector<EventSince>> read_since(PgSession& session, const History& history, const HistoryMeta& meta,
                                           const PlanFile& file);

// Fails with plan_moved before anything is connected to: the plan is for another target.
Result<void> check_target(const PlanFile& file, const std::string& target);

// Fails with plan_moved, saying which of migrations, modules and state moved and how. `place` is the database of `view`
// in words; `now` is what would run there without the file: where that is an error and nothing moved, this is that
// error.
Result<void> check_fit(const PlanFile& file, const Catalog& catalog, const AppliedView& view, const std::string& place,
                       const Result<Plan>& now);

}  // namespace strata
