// What people read: values in, characters out. Everything foreign in it is printable.
#pragma once

#include "core/catalog/catalog.h"
#include "core/foresight.h"
#include "core/plan/plan.h"
#include "core/runner.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata {

// ANSI colours, or none.
class Palette {
 public:
  explicit Palette(bool on) : on_(on) {}
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("1;31", text); }
  std::string warn(std::string_view text) const { return paint("33", text); }
  std::string faint(std::string_view text) const { return paint("2", text); }
  std::string strong(std::string_view text) const { return paint("1", text); }

 private:
  std::string paint(const char* code, std::string_view text) const {
    return on_ ? std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  }
  bool on_;
};

std::string describe_error(const Error& error, const Palette& palette);
// `forecast`: of the plan's steps, or null.
std::string describe_plan(const Plan& plan, const AppliedView& view, const std::string& target, std::int64_t now_ms,
                          const Palette& palette, const PlanForecast* forecast = nullptr);
// A plan file: what it was written to, in two lines; and all that it says, with what its signatures are worth by
// `keys`.
std::string describe_written(const PlanFile& file, const Palette& palette);
std::string describe_plan_file(const PlanFile& file, const std::vector<PublicKey>& keys, const Palette& palette);
std::string describe_status(const Catalog& catalog, const std::vector<MigrationStatus>& all, const AppliedView& view,
                            const std::string& target, std::int64_t now_ms, const Palette& palette);
std::string describe_run(const RunReport& report, std::chrono::milliseconds elapsed, const Palette& palette);
std::string describe_heads(const ChainHead& postgres, const ChainHead& ledger);
std::string describe_script(const Script& script, const Directives& directives, const std::string& file,
                            const Palette& palette);

// "CREATE TABLE ×3, CREATE INDEX": in the order of first appearance.
std::string summarize_kinds(const Script& script);

}  // namespace strata
