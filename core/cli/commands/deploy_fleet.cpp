#include "core/cli/commands/deploy_fleet.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/cli/fleet.h"
#include "core/cli/run_result.h"
#include "core/postgres/pg_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

// The global options as each child is to have them.
std::vector<std::string> arguments_of(const GlobalOptions& options) {
  std::vector<std::string> arguments;
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"--config", options.config},
                                    {"--secrets-dir", options.secrets},
                                    {"--ledger", options.ledger},
                                    {"--migrations", options.migrations},
                                    {"--schema", options.schema},
                                    {"--connect-timeout", options.connect_timeout}}) {
    if (!value.empty()) arguments.insert(arguments.end(), {name, value});
  }
  for (const auto& folder : options.plugins) arguments.insert(arguments.end(), {"--plugins", folder});
  for (const auto& [name, is_set] : {std::pair<const char*, bool>{"--locked", options.locked},
                                     {"--allow-core", options.allow_core},
                                     {"--allow-sql-ascii", options.allow_sql_ascii}}) {
    if (is_set) arguments.emplace_back(name);
  }
  return arguments;
}

std::string line_of(const FleetResult& result, std::size_t width, const Palette& palette) {
  auto name = printable(result.target);
  name.resize(std::max(width, name.size()), ' ');
  const auto outcome = result.exit_code == 0 ? palette.good(result.outcome) : palette.bad(result.outcome);
  auto line = name + "  " + outcome + (result.applied > 0 ? ", " + counted(result.applied, "step") : "") + " in " +
              human_duration(result.elapsed);
  if (result.exit_code != 0) {
    line += " (exit " + std::to_string(result.exit_code) + ")";
    if (!result.error.empty()) line += "\n    " + one_line(result.error, 300);
    if (!result.next.empty()) line += "\n    next: " + one_line(result.next, 300);
  }
  return line + "\n";
}

std::string summary_of(const FleetReport& report, std::size_t targets, std::chrono::steady_clock::time_point began) {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  const auto failed = static_cast<std::size_t>(
      std::count_if(report.done.begin(), report.done.end(), [](const auto& result) { return result.exit_code != 0; }));
  return std::to_string(report.done.size() - failed) + " of " + counted(targets, "target") + " in " +
         human_duration(elapsed) + (failed > 0 ? ", " + std::to_string(failed) + " failed" : "") +
         (report.not_begun.empty() ? "" : ", " + std::to_string(report.not_begun.size()) + " not begun");
}

std::string json_of(const FleetReport& report) {
  using Json = nlohmann::ordered_json;
  Json targets = Json::array();
  for (const auto& result : report.done) {
    targets.push_back({{"target", result.target},
                       {"exit_code", result.exit_code},
                       {"outcome", result.outcome},
                       {"applied", result.applied},
                       {"ms", result.elapsed.count()},
                       {"error", result.error.empty() ? Json() : Json(result.error)}});
  }
  const Json json = {
      {"format", 1}, {"exit_code", report.exit_code()}, {"targets", targets}, {"not_begun", report.not_begun}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Reads, whatever the query says.
Result<std::vector<FleetTarget>> ask_for_targets(const Workbench& bench, const Config& config,
                                                 const FleetQuery& query) {
  STRATA_TRY(const auto address, bench.database_at(config, query.url));
  SessionOptions options{.application_name = "strata fleet"};
  options.on_retry = [](const std::string& why) { spdlog::info("{}; trying again", printable(why)); };
  STRATA_TRY(auto session, PgSession::connect(address, std::move(options)));
  STRATA_CHECK(session.query("BEGIN READ ONLY"));
  auto rows = session.query("SELECT name::text, url::text FROM (\n" + query.sql + "\n) AS targets");
  if (!rows) {
    return fail(ErrorCode::bad_config,
                "the fleet's query, at " + address.described() + ": " + one_line(rows.error().message, 300),
                "[query] sql is one SELECT with the columns name and url; names carry their schema, as public.tenant; no semicolon");
  }
  std::vector<FleetTarget> targets;
  for (std::size_t i = 0; i < rows->rows(); ++i) targets.push_back({rows->text(i, 0), rows->text(i, 1)});
  return targets;
}

}  // namespace

Result<int> deploy_fleet(const Workbench& bench, const FleetCommand& command, std::vector<std::string> arguments) {
  if (!bench.options.url.empty())
    return fail(ErrorCode::usage, "--fleet names the databases itself: --url has no place beside it");
  if (bench.options.target != GlobalOptions().target) {
    return fail(ErrorCode::usage, "--fleet names the targets itself: --target has no place beside it",
                "a file with that target alone, or strata deploy --target … --url …");
  }
  STRATA_TRY(auto file, load_fleet(command.file));
  const char* index = std::getenv("JOB_COMPLETION_INDEX");
  STRATA_TRY(const auto shard,
             parse_shard(command.shard, index == nullptr ? std::nullopt : std::optional<std::string>(index)));
  // What every one of them would stumble over is said once, and nobody is begun.
  STRATA_TRY(const auto config, bench.config());
  STRATA_CHECK(bench.catalog(config));
  std::vector<FleetTarget> asked;
  if (file.query) {
    STRATA_TRY(asked, ask_for_targets(bench, config, *file.query));
  }
  STRATA_TRY(const auto fleet, join_fleet(std::move(file.targets), std::move(asked)));
  const auto targets = share_of(fleet, shard);

  FleetOptions options{command.parallel, command.canary, command.max_failures, arguments_of(bench.options)};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  std::size_t width = 0;
  for (const auto& target : targets) width = std::max(width, target.name.size());
  const auto began = std::chrono::steady_clock::now();
  const auto report = run_fleet(targets, options, [&](const FleetResult& result) {
    if (!bench.options.json) bench.print(line_of(result, width, bench.out_palette()));
  });
  const auto summary = summary_of(report, targets.size(), began);
  auto message = summary + "\n";
  for (const auto& result : report.done) {
    if (result.exit_code != 0) message += line_of(result, 0, Palette(false));
  }
  write_termination_message(std::move(message));
  bench.speak_for_a_run();
  if (bench.options.json) {
    bench.print(json_of(report));
    return report.exit_code();
  }
  const auto& palette = bench.out_palette();
  const bool is_done = report.exit_code() == 0 && report.not_begun.empty();
  bench.print((is_done ? palette.good("done") : palette.bad("stopped")) + ": " + summary + "\n");
  if (!is_done)
    bench.print(palette.faint("next: mend the cause and run the same command again: what is done is not done twice") +
                "\n");
  return report.exit_code();
}

}  // namespace strata
