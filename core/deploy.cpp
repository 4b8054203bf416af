#include "core/runner.h"

#include "core/base/escape.h"
#include "core/origin.h"
#include "core/run.h"
#include "core/watch.h"

#include <algorithm>
#include <set>

namespace strata {

namespace {

constexpr int most_refused_claims =
    100;  // without progress in between: one for each migration that another run applies meanwhile

std::vector<std::string> ids_of(const std::vector<Step>& steps) {
  std::vector<std::string> ids;
  for (const auto& step : steps) ids.push_back(step.migration->id.text());
  return ids;
}

std::vector<std::string_view> texts_of(const Plan& plan) {
  std::vector<std::string_view> texts;
  for (const auto& step : plan.steps) texts.push_back(step.migration->sql);
  for (const auto& change : plan.accepted) texts.push_back(change.migration->sql);
  return texts;
}

// COMMIT may have been sent, and nobody has told what became of it.
Error outcome_unknown(Error why, const std::string& subject) {
  why.code = ErrorCode::outcome_unknown;
  why.message = "the outcome of " + (subject.empty() ? "this run" : subject) + " is unknown: " + why.message;
  why.next = "run strata deploy again: it finds out, and applies nothing twice";
  why.subject = subject;
  return why;
}

// --atomic: one transaction for all transactional steps. Those that cannot be in one may come before or after it.
Result<void> check_atomic(const Plan& plan) {
  const Step* first = nullptr;
  const Step* outside = nullptr;
  for (const auto& step : plan.steps) {
    if (step.runs_in_transaction() && outside != nullptr) {
      return fail(ErrorCode::refused,
                  "--atomic needs one transaction, but " + outside->migration->id.text() +
                      " cannot run in a transaction and stands between " + first->migration->id.text() + " and " +
                      step.migration->id.text(),
                  "deploy in parts: strata deploy --atomic --to ID with the step before it, then the rest; or leave "
                  "out --atomic");
    }
    if (step.runs_in_transaction() && first == nullptr) first = &step;
    if (!step.runs_in_transaction() && first != nullptr) outside = &step;
  }
  return {};
}

Result<RunReport> deploy_once(const Site& site, const Catalog& catalog, const DeployOptions& options,
                              const StepWatcher& outer_watcher) {
  const auto* file = options.file;
  STRATA_TRY(auto run, Run::open(site, &catalog, "deploy", file));
  const auto make = [&] {
    return file != nullptr ? plan_for_file(site, catalog, run.view(), *file, site.ledger)
                           : plan_for(catalog, run.view(), options.plan, site.ledger);
  };
  auto plan = make();
  const auto check = [&]() -> Result<void> {
    const bool has_work = !plan->steps.empty() || !plan->accepted.empty() || run.has_to_adopt();
    if (has_work) STRATA_CHECK(run.refuse_foreign_history());
    STRATA_CHECK(run.refuse_foreign_schema());
    STRATA_CHECK(run.refuse_lost_rows(*plan));
    if (!plan->steps.empty()) STRATA_CHECK(run.refuse_open_schema());
    return options.atomic ? check_atomic(*plan) : Result<void>();
  };
  if (plan) {
    if (auto passed = check(); !passed) plan = fail(std::move(passed.error()));
  }
  if (!plan) {
    run.note_refusal(plan.error());
    return fail(std::move(plan.error()));
  }

  if (run.prisma() && !run.prisma()->contact.unknown.empty()) {
    std::string names;
    for (const auto& name : run.prisma()->contact.unknown) names += (names.empty() ? "" : ", ") + name;
    site.say("prisma migrate has applied what has no folder any more: " + one_line(names, 300));
  }
  // After a rollback to an older release, say: it has nothing to do here, and that is not all there is.
  if (!plan->unknown.empty()) {
    std::string names;
    for (const auto& id : plan->unknown) names += (names.empty() ? "" : ", ") + id.text();
    site.say("applied, but no module contributes it any more: " + one_line(names, 300));
  }
  RunReport report;
  report.run = run.id();
  report.planned = plan->steps.size();
  if (plan->steps.empty() && plan->accepted.empty() && !run.has_to_adopt()) {
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  if (run.prisma()) {
    for (const auto& adoption : run.prisma()->contact.adopted) report.adopted.push_back(adoption.migration->id.text());
  }
  // What a plan file says is kept beside the texts, under the digest that the run's row names.
  auto texts = texts_of(*plan);
  const auto file_text = file != nullptr ? signed_text(*file) : std::string();
  if (file != nullptr) texts.push_back(file_text);
  STRATA_CHECK(run.begin(ids_of(plan->steps), texts, file != nullptr ? sha256(file_text) : plan->digest));
  if (!plan->accepted.empty()) {
    STRATA_CHECK(
        accept_checksums(run.session(), run.history(), run.chain(), run.identity(), plan->accepted, site.clock));
    for (const auto& change : plan->accepted) report.accepted.push_back(change.migration->id.text());
  }

  for (const auto& step : plan->steps) {
    if (step.out_of_order)
      site.say(step.migration->id.text() + " is older than one that is applied in its module; it runs all the same");
    if (step.script.statements.empty())
      site.say(step.migration->id.text() + " has no statements; it is recorded as applied all the same");
    for (const auto& odd : step.script.odd_names) site.say(warning_about(odd, step.migration->path));
  }
  outer_watcher.on_planned(plan->steps.size());
  auto watcher = outer_watcher;
  watcher.on_lock_wait = [&report](std::chrono::milliseconds waited) {
    ++report.lock_waits;
    report.lock_waited += waited;
  };
  Watch watch(site, watcher);
  const auto execution = run.execute_options(options.fsync_each);
  int reconnects = 0;
  int refused_claims = 0;
  std::set<MigrationId> in_flight;  // sent, and no answer came
  for (bool finished = false; !finished;) {
    watch.attach(run.session());
    Executor executor(run.session(), run.history(), run.chain(), run.identity(), execution, site.clock,
                      watch.watcher());
    auto position = run.next_position();
    std::optional<Error> stopped;
    const auto keep = [&](std::vector<AppliedStep> applied) {
      report.applied.insert(report.applied.end(), applied.begin(), applied.end());
      reconnects = 0;
      refused_claims = 0;
      if (options.snapshot_each)
        leave_snapshot(site, run.session(), run.history(), {run.identity().database, run.chain().head()});
    };
    for (std::size_t i = 0; i < plan->steps.size() && !stopped;) {
      const auto& step = plan->steps[i];
      if (options.atomic && step.runs_in_transaction()) {
        std::vector<const Step*> together;
        while (i < plan->steps.size() && plan->steps[i].runs_in_transaction()) together.push_back(&plan->steps[i++]);
        for (const auto* each : together) in_flight.insert(each->migration->id);
        auto applied = executor.apply_atomically(together, position);
        position += static_cast<std::int64_t>(together.size());
        if (applied) {
          keep(std::move(*applied));
        } else {
          stopped = std::move(applied.error());
        }
        continue;
      }
      in_flight.insert(step.migration->id);
      const auto begun = run.applied().find(step.migration->id);
      const bool continues = step.reason == StepReason::continues && begun != run.applied().end();
      auto applied = executor.apply(step, continues ? begun->second.position : position++);
      if (applied) {
        keep({*applied});
        ++i;
      } else {
        stopped = std::move(applied.error());
      }
    }
    finished = true;
    if (!stopped) continue;
    const bool lost = stopped->code == ErrorCode::connection_lost;
    if (!lost && stopped->code != ErrorCode::already_claimed) {
      // A signal ends the wait for an answer; without one, nothing is known.
      report.stopped_by = run.is_in_the_dark(*stopped) ? outcome_unknown(*stopped, stopped->subject) : *stopped;
      continue;
    }
    // Only the history can tell what is applied now: a COMMIT without an answer, a crash that took the tail of commits
    // that nobody waited for, another runner's work. Then the plan is made anew.
    // A claim that is refused again and again though the history has no such row is no other runner's work.
    if (!lost && ++refused_claims > most_refused_claims) {
      stopped->code = ErrorCode::history_damaged;
      stopped->next = "strata audit verify shows what does not fit";
      report.stopped_by = std::move(stopped);
      continue;
    }
    const auto level =
        lost ? (++reconnects > most_reconnects ? Result<void>(fail(*stopped)) : run.reopen()) : run.read_again();
    if (!level) {
      auto error = level.error();
      const bool found_out = (error.code == ErrorCode::interrupted && !lost) || error.code == ErrorCode::needs_person ||
                             error.code == ErrorCode::ledger_mismatch || error.code == ErrorCode::history_damaged;
      if (!found_out) error = outcome_unknown(std::move(error), stopped->subject);
      error.subject = stopped->subject;
      report.stopped_by = std::move(error);
      continue;
    }
    std::erase_if(report.applied, [&](const AppliedStep& done) {
      const auto found = run.applied().find(done.id);
      return found == run.applied().end() || found->second.state != MigrationState::applied;
    });
    for (const auto& id : in_flight) {
      const auto found = run.applied().find(id);
      const bool ours = found != run.applied().end() && found->second.run == run.id() &&
                        found->second.state == MigrationState::applied;
      const bool told =
          std::any_of(report.applied.begin(), report.applied.end(), [&](const auto& done) { return done.id == id; });
      if (ours && !told) {
        report.applied.push_back({id, {}});
        site.say(id.text() + " was committed, as the history says");
      }
    }
    if (!lost)
      site.say("applied meanwhile by another run (" +
               run.history().read_who_applied(run.session(), plan->steps.front().migration->id).value_or("unknown") +
               "); going on with what is left");
    plan = make();
    if (!plan) report.stopped_by = std::move(plan.error());
    finished = !plan;
  }
  if (auto ended = run.end(report); !ended) {
    if (!report.stopped_by) report.stopped_by = std::move(ended.error());
  }
  return report;
}

}  // namespace

Result<RunReport> deploy(const Site& site, const Catalog& catalog, const DeployOptions& options,
                         const StepWatcher& watcher) {
  if (options.file != nullptr) {
    STRATA_CHECK(check_target(*options.file, site.target));
    if (options.file->strata_version != strata_version)
      site.say(options.file->path + " was made by strata " + options.file->strata_version + ", and this is " +
               strata_version);
  }
  for (int breaks = 1;; ++breaks) {
    // An error, and not a report that names one, comes from before the first migration: what has been written until
    // then is what the next run would find and settle.
    auto report = deploy_once(site, catalog, options, watcher);
    if (report || report.error().code != ErrorCode::connection_lost || breaks > most_reconnects) return report;
    site.say("the connection broke before anything was applied; beginning again");
  }
}

}  // namespace strata
