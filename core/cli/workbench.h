// What every command starts from: the global options, and how they become a config, a catalog, an address and a ledger.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/config/config.h"
#include "core/config/database_address.h"
#include "core/report/text_report.h"
#include "core/runner.h"
#include "state/ledger.h"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace strata {

// libpq's variables that lead elsewhere, or change what a session does, beside a database that was named otherwise:
// they count only where libpq's variables name it.
inline constexpr std::array poisonous_variables = {"PGOPTIONS", "PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR"};

struct GlobalOptions {
  std::string config;
  std::string target = "default";
  std::string url;
  std::string secrets;     // a folder of mounted files, which count before the environment
  std::string ledger;      // a path, "none", or empty: STRATA_LEDGER, else .strata/ledger.db
  std::string migrations;  // the base module's folder, in place of the configured one
  std::string schema;      // the base module's fragments likewise: a folder or a file
  std::vector<std::string> plugins;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string color = "auto";
  std::string connect_timeout;  // empty: 30s to begin with, longer for a connection that broke
  bool locked = false;          // only modules as strata.lock pins them; STRATA_LOCKED=1 says the same
  bool allow_core = false;      // a crash may leave a core dump, secrets included
  bool allow_sql_ascii = false;
  bool json = false;
  bool yes = false;
};

// What every command works with: the options, what they name, and the way to whoever typed them.
class Workbench {
 public:
  GlobalOptions options;
  // What the chosen command does; set by the callback of its subcommand, called by main once the line is parsed.
  std::function<int()> chosen;

  Result<Config> config() const;
  Result<Catalog> catalog(const Config& config) const;
  // Starts the embedded Postgres where the address is local:.
  Result<DatabaseAddress> database(const Config& config) const;
  // The same for the URL that `option`, or a file's key of that name, gives; the target's where it is empty.
  Result<DatabaseAddress> database_at(const Config& config, const std::string& url, const std::string& option) const;
  // The search_path of the target's migrations: as the ledger has it, else as its address says where that is at hand.
  Result<std::string> target_schema(const Config& config, const Ledger* ledger) const;
  // nullopt: --ledger none.
  std::optional<std::string> ledger_path(const Config& config) const;
  Result<std::optional<Ledger>> ledger(const Config& config, Ledger::Access access) const;
  // For commands that are about the ledger. Fails with usage where there is to be none.
  Result<Ledger> required_ledger(const Config& config, Ledger::Access access) const;
  // For those who only look, and leave what they saw there where it can be written: it may be read-only, or missing.
  Result<std::optional<Ledger>> ledger_for_looking(const Config& config) const;
  Result<Site> site(const Config& config, Ledger* ledger) const;

  const Clock& clock() const { return clock_; }
  const Palette& out_palette() const;  // for stdout
  const Palette& err_palette() const;

  // An error to stderr: in full, or as one line of a JSON log.
  void tell(const Error& error) const;
  // The same, with its document on stdout for --json; its exit code.
  int report(const Error& error) const;
  // Text to stdout; output that nobody reads any more is not an error.
  void print(std::string_view text) const;
  // From here on the exit code tells what a run has done, whether or not anybody could read it.
  void speak_for_a_run() const { speaks_for_a_run_ = true; }
  // The exit code, or, where the output was the purpose and a disk did not take all of it, that of an error.
  int after_output(int exit_code) const;
  // A question, on a terminal only: --yes answers it, and without a terminal it counts as said.
  bool confirm(const std::string& question) const;
  bool stderr_is_terminal() const;

 private:
  Result<DatabaseAddress> find_address(const Config& config, const std::string& url, const std::string& option,
                                       bool tell_names) const;

  SystemClock clock_;
  mutable int print_error_ = 0;  // errno of the first output that was lost, but to a reader that had gone
  mutable bool speaks_for_a_run_ = false;
  mutable bool speaks_prisma_ = false;  // a catalog of this project has a folder of Prisma's: errors carry its codes
};

std::string network_ledger_warning(const std::string& path, const std::string& file_system);

// strata.lock lies beside strata.toml.
std::string lock_path(const Config& config);

void set_up_logging(const GlobalOptions& options);

// One function for each command: adds its subcommand with options, help and example.
using AddCommand = void (*)(CLI::App&, Workbench&);
void add_init(CLI::App& app, Workbench& bench);
void add_module(CLI::App& app, Workbench& bench);
void add_migration(CLI::App& app, Workbench& bench);
void add_explain(CLI::App& app, Workbench& bench);
void add_collate(CLI::App& app, Workbench& bench);
void add_diff(CLI::App& app, Workbench& bench);
void add_plan(CLI::App& app, Workbench& bench);
void add_deploy(CLI::App& app, Workbench& bench);
void add_status(CLI::App& app, Workbench& bench);
void add_wait(CLI::App& app, Workbench& bench);
void add_resolve(CLI::App& app, Workbench& bench);
void add_baseline(CLI::App& app, Workbench& bench);
void add_down(CLI::App& app, Workbench& bench);
void add_reset(CLI::App& app, Workbench& bench);
void add_audit(CLI::App& app, Workbench& bench);
void add_replay(CLI::App& app, Workbench& bench);
void add_drift(CLI::App& app, Workbench& bench);
void add_db(CLI::App& app, Workbench& bench);
void add_doctor(CLI::App& app, Workbench& bench);
void add_completion(CLI::App& app, Workbench& bench);
void add_version(CLI::App& app, Workbench& bench);

// Shared by the commands that parse them.
Result<std::optional<MigrationId>> parse_id_option(const std::string& text, const char* option);
Result<std::chrono::milliseconds> parse_duration_option(const std::string& text, const char* option);

}  // namespace strata
