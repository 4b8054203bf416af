// strata's command line: builds everything, owns everything, and has the one catch-all.
#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/cli/fleet.h"
#include "core/cli/workbench.h"
#include "core/origin.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

namespace strata {

namespace {

constexpr AddCommand commands[] = {add_init,   add_module,     add_migration, add_explain, add_collate, add_diff,
                                   add_plan,   add_deploy,     add_status,    add_wait,    add_resolve, add_baseline,
                                   add_down,   add_reset,      add_audit,     add_replay,  add_drift,   add_db,
                                   add_doctor, add_completion, add_version};

void add_global_options(CLI::App& app, GlobalOptions& options) {
  const char* group = "Global options";
  app.add_option("--config", options.config, "strata.toml to use (default: found upward from here)")->group(group);
  app.add_option("--target", options.target, "Target in strata.toml")->capture_default_str()->group(group);
  app.add_option("--url", options.url, "Database: postgresql://…, local:, env:NAME or file:PATH")->group(group);
  app.add_option("--secrets-dir", options.secrets,
                 "Mounted secrets, DIR/VAULT/NAME: each counts like a variable, and before it (STRATA_SECRETS_DIR)")
      ->group(group);
  app.add_option("--ledger", options.ledger, "Ledger file, or none (default: .strata/ledger.db; STRATA_LEDGER)")
      ->group(group);
  app.add_option("--migrations", options.migrations,
                 "A folder of prisma migrate, as the base module: prisma/migrations")
      ->group(group);
  app.add_option("--schema", options.schema,
                 "The base module's schema: a folder or file, for example prisma/schema.prisma")
      ->group(group);
  app.add_option("--plugins", options.plugins, "One more folder with *.so plugins; may be repeated")
      ->group(group)
      ->expected(1)
      ->take_all();
  app.add_option("--connect-timeout", options.connect_timeout,
                 "How long to try to connect (default 30s; 3min once a connection broke)")
      ->group(group);
  app.add_flag("--allow-sql-ascii", options.allow_sql_ascii,
               "Work on a database with encoding SQL_ASCII, which checks nothing")
      ->group(group);
  app.add_option("--log-level", options.log_level, "What goes to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--log-format", options.log_format, "Form of the log")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--color", options.color, "Colours")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--locked", options.locked, "Only modules that are as strata.lock pins them (STRATA_LOCKED=1)")
      ->group(group);
  app.add_flag("--allow-core", options.allow_core, "Let a crash leave a core dump; passwords may be in it")
      ->group(group);
  app.add_flag("--json", options.json, "One JSON document on stdout instead of text (docs/json.md)")->group(group);
  app.add_flag("--yes,-y", options.yes, "Answer every question with yes")->group(group);
}

// An empty value is a variable that nobody set: --plan "$PLAN" must not deploy without a plan.
void refuse_empty_values(CLI::App& app) {
  const CLI::Validator is_said(
      [](const std::string& value) { return value.empty() ? std::string("its value is empty") : std::string(); }, "");
  for (auto* option : app.get_options([](const CLI::Option* each) { return each->get_items_expected_max() > 0; }))
    option->check(is_said);
  for (auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) refuse_empty_values(*sub);
}

// A URL on the command line may hold a password, and everybody on the machine can read command lines.
void hide_urls(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const bool alone = word == "--url" && i + 1 < argc;
    if (!alone && word.substr(0, 6) != "--url=") continue;
    char* const url = alone ? argv[++i] : argv[i] + 6;
    std::fill(url, url + std::strlen(url), '*');
  }
}

// Neither core dumps nor other processes of this user get to this process's memory, where passwords are. The leak
// sanitizer has to look into it, so there it stays open.
void guard_memory([[maybe_unused]] bool guarded) {
#ifndef __SANITIZE_ADDRESS__
  prctl(PR_SET_DUMPABLE, guarded ? 0UL : 1UL);
#endif
}

// What the option parser refuses, in the user's terms.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string command = "strata";
  for (auto chosen = at->get_subcommands(); !chosen.empty(); chosen = at->get_subcommands()) {
    at = chosen.front();
    command += " " + at->get_name();
  }
  std::string message = error.what();
  const auto words = app.remaining(true);
  if (error.get_name() == "RequiredError" && !words.empty())
    message = "there is no command '" + command.substr(std::min<std::size_t>(7, command.size())) +
              (at == &app ? "" : " ") + printable(words.front()) + "'";
  return Error{.code = ErrorCode::usage, .message = message, .next = command + " --help"};
}

int run(int argc, char** argv) {
  Workbench bench;
  CLI::App app(
      "strata: Postgres migrations for many teams on one database.\n\n"
      "Modules (folders or plugins) contribute migrations; strata puts them into one order,\n"
      "runs each exactly once, and keeps a ledger of what it did.",
      "strata");
  app.footer(
      "First steps:   strata init myproject && cd myproject && strata deploy\n"
      "Help:          strata COMMAND --help\n"
      "Exit codes:    0 done, 1 a migration failed, 2 difference, 3 needs a person, 64 usage, 65 bad input,\n"
      "               69 unreachable, 70 a bug in strata, 74 ledger behind, 75 lock, 77 not permitted, 78 "
      "configuration, 128+N signal");
  app.require_subcommand(1);
  app.set_version_flag("--version", "strata " + std::string(strata_version));
  app.fallthrough();
  app.get_formatter()->column_width(34);
  add_global_options(app, bench.options);
  for (const auto add : commands) add(app, bench);
  refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto has = [&](std::string_view word) { return std::find(argv, argv + argc, word) != argv + argc; };
    bench.options.json = has("--json");
    const auto* format = std::find(argv, argv + argc, std::string_view("--log-format"));
    if (has("--log-format=json") || (format < argv + argc - 1 && format[1] == std::string_view("json"))) {
      bench.options.log_format = "json";
      set_up_logging(bench.options);
    }
    return bench.report(usage_error(app, error));
  }
  if (bench.options.allow_core) guard_memory(false);
  hide_urls(argc, argv);
  set_up_logging(bench.options);
  return bench.after_output(bench.chosen());
}

// Closed ones would be given to the next file or socket, and what is printed would go there. Opened the wrong way
// round, so that to use them still fails.
void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) == -1) open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// What is on disk and in Postgres is then as after a kill, which the next run puts right.
int out_of_memory() {
  std::fputs("error: out of memory\n  next: give it more, and run the command again: it finds out how far it came\n",
             stderr);
  return 69;
}

int run_and_tell(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::system_error& error) {
    std::fprintf(stderr,
                 "error: this machine does not give what strata needs: %s\n  next: mend that, and run it again\n",
                 error.what());
    return 69;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: a bug in strata %s: %s\n  next: please report it, with the command line\n",
                 strata_version, error.what());
    return 70;
  }
}

// Memory also runs out where nothing can be thrown: the destructor of nlohmann's JSON allocates, toml++'s tables do.
// What std::terminate() is called for cannot always be asked there (GCC 12), so it is noted before.
std::atomic<bool> memory_ran_out = false;
std::terminate_handler abort_with_a_word = nullptr;

void note_that_memory_ran_out() {
  memory_ran_out = true;
  throw std::bad_alloc();
}

void end_at_once() {
  if (memory_ran_out) std::_Exit(out_of_memory());
  abort_with_a_word();
}

// libpg_query ends the process where it finds no memory to set itself up, with the exit code of a failed migration.
bool has_ended = false;

void refuse_to_be_ended() {
  if (!has_ended) std::_Exit(out_of_memory());
}

}  // namespace

}  // namespace strata

int main(int argc, char** argv) {
  std::set_new_handler(strata::note_that_memory_ran_out);
  strata::abort_with_a_word = std::set_terminate(strata::end_at_once);
  std::atexit(strata::refuse_to_be_ended);
  strata::open_standard_streams();
  using strata::interrupt::SecondSignal;
  strata::interrupt::install(std::getenv(strata::fleet_member_variable) != nullptr ? SecondSignal::changes_nothing
                                                                                   : SecondSignal::ends_at_once);
  strata::guard_memory(true);
  umask(umask(0) | 022);  // whatever strata makes, nobody else may write
  const int exit_code = strata::run_and_tell(argc, argv);
  strata::has_ended = true;
  return exit_code;
}
