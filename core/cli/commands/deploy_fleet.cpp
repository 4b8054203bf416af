#include "core/cli/commands/deploy_fleet.h"

#include "core/base/escape.h"
#include "core/cli/fleet.h"
#include "core/cli/run_result.h"
#include "core/postgres/pg_session.h"
#include "core/report/json_report.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

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
                                    {"--connect-timeout", options.connect_timeout},
                                    // Hundreds that tell all they do would hide the one in trouble.
                                    {"--log-level", options.log_level == "info" ? "warn" : options.log_level}}) {
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

std::string as_table_row(const FleetResult& result, std::size_t width, const Palette& palette) {
  const auto* trouble = trouble_of(result);
  return describe_target(result, width, trouble == nullptr ? "" : describe_error(*trouble, palette), palette);
}

void log(const FleetResult& result) {
  auto text = as_table_row(result, 0, Palette(false));
  text.pop_back();  // its last newline
  spdlog::log(result.exit_code == 0 ? spdlog::level::info : spdlog::level::err, "{}", text);
}

// Reads, whatever the query says.
Result<std::vector<FleetTarget>> ask_for_targets(const Workbench& bench, const Config& config,
                                                 const FleetQuery& query) {
  STRATA_TRY(const auto address, bench.database_at(config, query.url, "[query] url"));
  SessionOptions options{.application_name = "strata fleet"};
  if (!bench.options.connect_timeout.empty()) {
    STRATA_TRY(options.connect_budget, parse_duration_option(bench.options.connect_timeout, "--connect-timeout"));
  }
  options.on_retry = [](const std::string& why) { spdlog::info("{}; trying again", printable(why)); };
  STRATA_TRY(auto session, PgSession::connect(address, std::move(options)));
  STRATA_CHECK(session.query("BEGIN READ ONLY"));
  // With parameters, though it has none: then Postgres takes one statement and no more, and none can end the
  // transaction.
  auto rows =
      session.query("SELECT name::text, url::text FROM (\n" + query.sql + "\n) AS targets", std::vector<Parameter>());
  if (!rows) {
    auto error = rows.error();
    error.message = "the fleet's query, at " + address.described() + ": " + one_line(error.message, 300);
    if (error.code == ErrorCode::connection_lost || error.code == ErrorCode::interrupted) return fail(std::move(error));
    return fail(ErrorCode::bad_config, std::move(error.message),
                "[query] sql is one SELECT with the columns name and url; names carry their schema, as public.tenant; "
                "no semicolon");
  }
  std::vector<FleetTarget> targets;
  for (std::size_t i = 0; i < rows->rows(); ++i) targets.push_back({rows->text(i, 0), rows->text(i, 1)});
  return targets;
}

}  // namespace

Result<int> deploy_fleet(const Workbench& bench, const FleetCommand& command, std::vector<std::string> arguments,
                         FleetMetrics& metrics) {
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
  metrics.report = run_fleet(targets, options, bench.clock(), [&](const FleetResult& result) {
    if (!bench.options.json) bench.print(as_table_row(result, width, bench.out_palette()));
    if (bench.options.json || bench.options.log_format == "json") log(result);
  });
  const auto& report = metrics.report;
  const auto summary = describe_fleet(report);
  auto message = summary + "\n";
  for (const auto& result : report.done) {
    if (const auto* trouble = trouble_of(result))
      message += describe_target(result, 0, last_words(*trouble), Palette(false));
  }
  write_termination_message(std::move(message));
  bench.speak_for_a_run();
  if (bench.options.json) {
    bench.print(json_of_fleet(report));
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
