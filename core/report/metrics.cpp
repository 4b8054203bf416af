#include "core/report/metrics.h"

#include <sstream>

namespace strata {

namespace {

// Label values: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

std::string seconds(std::chrono::milliseconds length) {
  std::ostringstream out;
  out << static_cast<double>(length.count()) / 1000;
  return out.str();
}

class Text {
 public:
  explicit Text(const std::string& target) : target_("target=" + quoted(target)) {}

  void family(const std::string& name, const std::string& help) {
    name_ = name;
    out_ << "# HELP " << name << " " << help << "\n# TYPE " << name << " gauge\n";
  }
  void sample(const std::string& value, const std::string& labels = "") {
    out_ << name_ << "{" << target_ << (labels.empty() ? "" : ",") << labels << "} " << value << "\n";
  }
  void gauge(const std::string& name, const std::string& help, const std::string& value) {
    family(name, help);
    sample(value);
  }
  std::string text() const { return out_.str(); }

 private:
  std::string target_;
  std::string name_;
  std::ostringstream out_;
};

}  // namespace

std::string metrics_text(const RunMetrics& run) {
  Text text(run.target);
  const auto outcome = run.report ? run.report->outcome : "refused";
  text.family("strata_run_outcome", "How the last run ended, as a label");
  text.sample("1", "outcome=" + quoted(outcome));
  text.gauge("strata_run_exit_code", "Its exit code", std::to_string(run.exit_code));
  text.gauge("strata_run_end_time_seconds", "When it ended, Unix time", std::to_string(run.ended_ms / 1000));
  text.gauge("strata_run_duration_seconds", "How long it took", seconds(run.elapsed));
  text.gauge("strata_run_lock_waits", "How often a migration was rolled back for a lock that somebody else held",
             std::to_string(run.lock_waits));
  text.gauge("strata_run_lock_wait_seconds", "How long that took in all", seconds(run.lock_waited));
  if (run.report) {
    const auto& report = *run.report;
    const bool failed = report.stopped_by && (report.stopped_by->code == ErrorCode::sql_failed ||
                                              report.stopped_by->code == ErrorCode::needs_person);
    text.gauge("strata_migrations_applied", "Migrations and repeatables that it applied",
               std::to_string(report.applied.size()));
    text.gauge("strata_migrations_pending", "Those that were planned and are not applied",
               std::to_string(report.planned - std::min(report.planned, report.applied.size())));
    text.gauge("strata_migrations_failed", "1 where a migration failed", failed ? "1" : "0");
    text.gauge("strata_history_events", "The last event of the history in Postgres",
               std::to_string(report.postgres_head.seq));
    if (!report.applied.empty()) {
      text.family("strata_migration_duration_seconds", "How long each took");
      for (const auto& step : report.applied)
        text.sample(seconds(step.elapsed), "module=" + quoted(step.id.module) + ",migration=" + quoted(step.id.name));
    }
  }
  if (run.ledger_seen_ms) {
    text.gauge("strata_ledger_age_seconds", "How long ago the ledger last compared notes with the target",
               seconds(std::chrono::milliseconds(std::max<std::int64_t>(0, run.ended_ms - *run.ledger_seen_ms))));
  }
  return text.text();
}

}  // namespace strata
