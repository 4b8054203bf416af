#include "core/cli/workbench.h"

#include "core/base/escape.h"
#include "core/base/files.h"
#include "core/config/secrets.h"
#include "core/discovery/discover.h"
#include "core/discovery/lock_file.h"
#include "core/execute/database_snapshot.h"
#include "core/postgres/embedded_server.h"
#include "core/report/json_report.h"
#include "state/ledger_file.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool wants_color(const std::string& choice, int fd) {
  if (choice == "always") return true;
  return choice == "auto" && isatty(fd) == 1 && !variable("NO_COLOR");
}

// The flag %* in spdlog's pattern: the message as a JSON string.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const nlohmann::json text(std::string_view(message.payload.data(), message.payload.size()));
    const auto quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    line.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

}  // namespace

Result<Config> Workbench::config() const {
  std::error_code gone;
  const auto here = std::filesystem::current_path(gone);
  if (gone == std::errc::not_enough_memory) throw std::bad_alloc();
  if (gone)
    return fail(ErrorCode::bad_config, "the working directory is not there: " + gone.message(), "cd to the project");
  STRATA_TRY(auto config, load_config(options.config, here.string()));
  for (const auto& folder : options.plugins) config.plugin_folders.push_back(folder);
  if (!options.schema.empty()) {
    config.base_schema = std::filesystem::path(options.schema).lexically_normal().string();
    std::error_code failed;
    if (!std::filesystem::exists(config.base_schema, failed))
      return fail(ErrorCode::bad_config, "--schema: there is nothing at " + config.base_schema,
                  "name a file or a folder, for example prisma/schema.prisma");
  }
  if (!options.migrations.empty()) {
    config.base_migrations = std::filesystem::path(options.migrations).lexically_normal().string();
    config.migrations_are_prismas = config.prisma != PrismaHistory::off;
    if (config.base_migrations.back() == '/') config.base_migrations.pop_back();
    std::error_code failed;
    if (!std::filesystem::is_directory(config.base_migrations, failed))
      return fail(ErrorCode::bad_config, "--migrations: there is no folder " + config.base_migrations,
                  "name the folder that holds the migrations' folders, for example prisma/migrations");
  }
  return config;
}

std::string network_ledger_warning(const std::string& path, const std::string& file_system) {
  return "the ledger " + printable(path) + " lies on " + file_system +
         ": locks and syncs may mean nothing there, and what was written can be lost; put it on a local disk "
         "(--ledger PATH): it is rebuilt from Postgres wherever it is missing";
}

std::string lock_path(const Config& config) {
  const auto path = std::filesystem::path(config.root) / "strata.lock";
  const auto short_form = path.lexically_relative(std::filesystem::current_path());
  return short_form.empty() || short_form.string().starts_with("..") ? path.string() : short_form.string();
}

Result<Catalog> Workbench::catalog(const Config& config) const {
  STRATA_TRY(auto modules, discover(config));
  if (options.locked || variable("STRATA_LOCKED") == "1") {
    const auto path = lock_path(config);
    STRATA_TRY(const auto text, read_file(path, "strata module lock writes it; without it nothing is locked"));
    STRATA_TRY(const auto pins, read_lock_file(text, path));
    STRATA_CHECK(check_pins(modules, pins, path));
  }
  speaks_prisma_ = config.prisma == PrismaHistory::on ||
                   std::any_of(modules.begin(), modules.end(), [](const auto& module) { return module.is_prisma; });
  return Catalog::build(std::move(modules));
}

Result<DatabaseAddress> Workbench::find_address(const Config& config, const std::string& url, const std::string& option,
                                                bool tell_names) const {
  const auto folder = options.secrets.empty() ? variable("STRATA_SECRETS_DIR").value_or("") : options.secrets;
  std::map<std::string, std::string> secrets;
  if (!folder.empty()) {
    STRATA_TRY(secrets, read_secrets(folder));
    std::string names;
    for (const auto& [name, value] : secrets) names += (names.empty() ? "" : ", ") + name;
    if (tell_names) spdlog::info("secrets in {}: {}", folder, names.empty() ? "none" : printable(names));
  }
  const Environment environment = [&](const std::string& name) {
    const auto secret = secrets.find(name);
    return secret == secrets.end() ? variable(name) : std::optional<std::string>(secret->second);
  };
  STRATA_TRY(auto address, find_database(config, options.target, url, environment, option));
  address.from_file = address.from_file || !secrets.empty();
  return address;
}

Result<DatabaseAddress> Workbench::database(const Config& config) const {
  return database_at(config, options.url, "--url");
}

Result<DatabaseAddress> Workbench::database_at(const Config& config, const std::string& url,
                                               const std::string& option) const {
  STRATA_TRY(auto address, find_address(config, url, option, true));
  for (const auto& note : address.notes) spdlog::info("{}", note);
  if (!address.embedded) {
    if (address.from_file)
      address.read_again = [this, config, url, option] { return find_address(config, url, option, false); };
    // What the environment says beside a database that was named must not lead elsewhere (reliability facts S12).
    if (address.source.find("PG*") == std::string::npos) {
      for (const char* name : poisonous_variables) unsetenv(name);
    }
    return address;
  }
  EmbeddedServer server(config.root + "/.strata", *address.embedded);
  return server.ensure_running(std::move(address));
}

Result<std::string> Workbench::target_schema(const Config& config, const Ledger* ledger) const {
  if (ledger != nullptr) {
    STRATA_TRY(const auto measured, newest_measurements(*ledger, options.target));
    if (measured) return measured->schema;
  }
  const auto address = find_address(config, options.url, "--url", false);
  return address ? address->schema : "public";
}

std::optional<std::string> Workbench::ledger_path(const Config& config) const {
  auto path = options.ledger.empty() ? variable("STRATA_LEDGER").value_or("") : options.ledger;
  if (path == "none") return std::nullopt;
  return path.empty() ? config.root + "/.strata/ledger.db" : path;
}

Result<std::optional<Ledger>> Workbench::ledger(const Config& config, Ledger::Access access) const {
  const auto path = ledger_path(config);
  if (!path) return std::optional<Ledger>();
  STRATA_TRY(auto opened, Ledger::open(*path, access));
  if (const auto shared = network_file_system(*path); !shared.empty())
    spdlog::warn("{}", network_ledger_warning(*path, shared));
  return std::optional<Ledger>(std::move(opened));
}

Result<Ledger> Workbench::required_ledger(const Config& config, Ledger::Access access) const {
  STRATA_TRY(auto opened, ledger(config, access));
  if (!opened)
    return fail(ErrorCode::usage, "this command works on the ledger, and --ledger none says that there is none");
  return std::move(*opened);
}

Result<std::optional<Ledger>> Workbench::ledger_for_looking(const Config& config) const {
  const auto path = ledger_path(config);
  if (!path) return std::optional<Ledger>();
  auto opened = Ledger::open(*path, Ledger::Access::read_write);
  if (opened) return std::optional<Ledger>(std::move(*opened));
  if (auto readable = Ledger::open(*path, Ledger::Access::read_only); readable) {
    spdlog::info("{}: what is seen is not kept", printable(opened.error().message));
    return std::optional<Ledger>(std::move(*readable));
  }
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::symlink_status(*path, failed))) return fail(std::move(opened.error()));
  spdlog::info("{}: going on without a ledger", printable(opened.error().message));
  return std::optional<Ledger>();
}

Result<Site> Workbench::site(const Config& config, Ledger* ledger) const {
  STRATA_TRY(auto address, database(config));
  Site site{config, options.target, std::move(address), ledger, clock_, config.lock_wait};
  site.allow_sql_ascii = options.allow_sql_ascii;
  if (!options.connect_timeout.empty()) {
    STRATA_TRY(site.connect_budget, parse_duration_option(options.connect_timeout, "--connect-timeout"));
    site.reconnect_budget = site.connect_budget;
  }
  site.say = [](const std::string& line) { spdlog::info("{}", printable(line)); };
  site.on_notice = [](const ServerMessage& notice) {
    const auto text = one_line(notice.message, 500);
    if (notice.severity == "WARNING") {
      spdlog::warn("postgres: {}", text);
    } else {
      spdlog::debug("postgres: {}", text);
    }
  };
  return site;
}

const Palette& Workbench::out_palette() const {
  static const Palette palette(wants_color(options.color, STDOUT_FILENO));
  return palette;
}

const Palette& Workbench::err_palette() const {
  static const Palette palette(wants_color(options.color, STDERR_FILENO));
  return palette;
}

void Workbench::tell(const Error& untold) const {
  auto error = untold;
  if (const auto code = speaks_prisma_ ? prisma_code_of(error) : ""; !code.empty())
    error.message.insert(std::min(error.message.find('\n'), error.message.size()), " [" + code + "]");
  auto text = describe_error(error, options.log_format == "json" ? Palette(false) : err_palette());
  if (options.log_format == "json") {
    text.pop_back();  // its last newline
    spdlog::error("{}", text);
  } else {
    std::fputs(text.c_str(), stderr);
  }
}

int Workbench::report(const Error& error) const {
  if (options.json) print(json_of_error(error));
  tell(error);
  return exit_code_of(error);
}

void Workbench::print(std::string_view text) const {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE && print_error_ == 0) print_error_ = errno;
}

int Workbench::after_output(int exit_code) const {
  if (print_error_ == 0 || speaks_for_a_run_ || (exit_code != 0 && exit_code != 2)) return exit_code;
  const Error lost{.code = ErrorCode::io_failed,
                   .message = std::string("the output is not whole: ") + std::strerror(print_error_),
                   .next = "make room where it goes, then run the command again"};
  tell(lost);
  return exit_code_of(lost);
}

bool Workbench::confirm(const std::string& question) const {
  if (options.yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) return true;
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes" || answer == "Y";
}

bool Workbench::stderr_is_terminal() const {
  return isatty(STDERR_FILENO) == 1;
}

void set_up_logging(const GlobalOptions& options) {
  auto logger = std::make_shared<spdlog::logger>("strata", std::make_shared<spdlog::sinks::stderr_sink_st>());
  if (options.log_format == "json") {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<JsonMessage>('*').set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
    logger->set_formatter(std::move(formatter));
  } else if (isatty(STDERR_FILENO) == 1) {
    logger->set_pattern("\r\x1b[K%v");  // over a progress bar, which draws itself again
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  logger->set_level(spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(std::move(logger));
}

Result<std::optional<MigrationId>> parse_id_option(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<MigrationId>();
  auto id = parse_migration_id(text);
  if (!id)
    return fail(ErrorCode::usage, std::string(option) + ": '" + printable(text) + "' is no migration's id",
                "an id is module/name, for example cases/20260107103000_create_cases");
  return id;
}

Result<std::chrono::milliseconds> parse_duration_option(const std::string& text, const char* option) {
  const auto length = parse_duration(text);
  if (!length)
    return fail(ErrorCode::usage, std::string(option) + ": '" + printable(text) + "' is no duration",
                "write for example 250ms, 3s, 5min, 2h");
  return *length;
}

}  // namespace strata
