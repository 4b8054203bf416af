// What replay and drift found, for people and for programs.
#pragma once

#include "core/replay.h"
#include "core/report/text_report.h"

#include <string>

namespace strata {

std::string describe_replay(const ReplayReport& report, const Palette& palette);
std::string json_of_replay(const ReplayReport& report);

std::string describe_rehearsal(const PlanRehearsal& rehearsal, const Palette& palette);

std::string describe_drift(const DriftReport& report, const Palette& palette);

}  // namespace strata
