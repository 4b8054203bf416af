#include "core/report/metrics.h"

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

namespace strata {

namespace {

using std::chrono::milliseconds;

// Label values: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

std::string seconds(milliseconds length) {
  std::ostringstream out;
  out << static_cast<double>(length.count()) / 1000;
  return out.str();
}

// Those of a migration that failed: rolled back, or half done where it runs without a transaction.
constexpr int exit_of_failed = 1;
constexpr int exit_of_half_done = 3;

// A family, in which every run that knows its value has a sample.
class Gauge {
 public:
  Gauge(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}

  void sample(const std::string& labels, const std::string& value) {
    samples_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }
  std::string text() const {
    return samples_.empty() ? "" : "# HELP " + name_ + " " + help_ + "\n# TYPE " + name_ + " gauge\n" + samples_;
  }

 private:
  std::string name_;
  std::string help_;
  std::string samples_;
};

std::string text_of(const std::vector<RunMetrics>& runs) {
  Gauge outcome("strata_run_outcome", "How the last run ended, as a label");
  Gauge exit_code("strata_run_exit_code", "Its exit code");
  Gauge ended("strata_run_end_time_seconds", "When it ended, Unix time");
  Gauge took("strata_run_duration_seconds", "How long it took");
  Gauge lock_waits("strata_run_lock_waits", "How often a migration was rolled back for a lock that somebody else held");
  Gauge lock_waited("strata_run_lock_wait_seconds", "How long that took in all");
  Gauge applied("strata_migrations_applied", "Migrations and repeatables that it applied");
  Gauge left("strata_migrations_pending", "Those that were planned and are not applied");
  Gauge failed("strata_migrations_failed", "1 where a migration failed");
  Gauge events("strata_history_events", "The last event of the history in Postgres");
  Gauge each("strata_migration_duration_seconds", "How long each took");
  Gauge age("strata_ledger_age_seconds", "How long ago the ledger last compared notes with the target");
  for (const auto& run : runs) {
    const auto target = "target=" + quoted(run.target);
    outcome.sample(target + ",outcome=" + quoted(run.outcome), "1");
    exit_code.sample(target, std::to_string(run.exit_code));
    ended.sample(target, std::to_string(run.ended_ms / 1000));
    took.sample(target, seconds(run.elapsed));
    lock_waits.sample(target, std::to_string(run.report ? run.report->lock_waits : 0));
    lock_waited.sample(target, seconds(run.report ? run.report->lock_waited : milliseconds(0)));
    if (run.report) {
      const auto& report = *run.report;
      applied.sample(target, std::to_string(report.applied.size()));
      left.sample(target, std::to_string(report.planned - std::min(report.planned, report.applied.size())));
      failed.sample(target, run.exit_code == exit_of_failed || run.exit_code == exit_of_half_done ? "1" : "0");
      events.sample(target, std::to_string(report.postgres_head.seq));
      for (const auto& step : report.applied)
        each.sample(target + ",module=" + quoted(step.id.module) + ",migration=" + quoted(step.id.name),
                    seconds(step.elapsed));
    }
    if (run.ledger_seen_ms)
      age.sample(target, seconds(milliseconds(std::max<std::int64_t>(0, run.ended_ms - *run.ledger_seen_ms))));
  }
  std::string text;
  for (const auto* gauge :
       {&outcome, &exit_code, &ended, &took, &lock_waits, &lock_waited, &applied, &left, &failed, &events, &each, &age})
    text += gauge->text();
  return text;
}

}  // namespace

std::string metrics_text(const RunMetrics& run) {
  return text_of({run});
}

std::string metrics_text(const FleetMetrics& fleet) {
  Gauge exit_code("strata_fleet_exit_code", "Exit code of the last run of the fleet");
  exit_code.sample("", std::to_string(fleet.exit_code));
  Gauge ended("strata_fleet_end_time_seconds", "When it ended, Unix time");
  ended.sample("", std::to_string(fleet.ended_ms / 1000));
  Gauge took("strata_fleet_duration_seconds", "How long it took");
  took.sample("", seconds(fleet.report.elapsed));
  Gauge targets("strata_fleet_targets", "How many targets are done, failed, or were not begun");
  std::vector<RunMetrics> runs;
  std::size_t failed = 0;
  for (const auto& result : fleet.report.done) {
    if (result.exit_code != 0) ++failed;
    runs.push_back({.target = result.target,
                    .outcome = result.report.outcome,
                    .exit_code = result.exit_code,
                    .ended_ms = result.ended_ms,
                    .elapsed = result.elapsed,
                    .report = result.report.run.empty() ? std::nullopt : std::optional(result.report),
                    .ledger_seen_ms = {}});
  }
  targets.sample("state=\"done\"", std::to_string(runs.size() - failed));
  targets.sample("state=\"failed\"", std::to_string(failed));
  targets.sample("state=\"not_begun\"", std::to_string(fleet.report.not_begun.size()));
  return exit_code.text() + ended.text() + took.text() + targets.text() + text_of(runs);
}

}  // namespace strata
