#include "core/cli/workbench.h"

#include "core/postgres/embedded_server.h"
#include "core/postgres/scratch_database.h"

#include <spdlog/spdlog.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '/';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back("0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4]);
      out.push_back("0123456789ABCDEF"[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

// postgresql:///database?host=/socket/folder&user=…: what other programs take.
std::string url_of(const DatabaseAddress& address) {
  std::string database;
  std::string query;
  for (const auto& [name, value] : address.parameters) {
    if (name == "dbname") {
      database = percent_encoded(value);
    } else {
      query += (query.empty() ? "?" : "&") + name + "=" + percent_encoded(value);
    }
  }
  return "postgresql:///" + database + query;
}

Result<EmbeddedServer> server_of(const Workbench& bench) {
  STRATA_TRY(const auto config, bench.config());
  const auto target = config.targets.find(bench.options.target);
  auto url = !bench.options.url.empty() ? bench.options.url : target != config.targets.end() ? target->second.url : "";
  if (url.empty() && config.file.empty()) url = "local:";
  if (url.rfind("local", 0) != 0) {
    return fail(ErrorCode::usage,
                "target '" + bench.options.target + "' is no embedded Postgres: its url does not begin with local:",
                "strata db works on local: targets; choose one with --target, or say --url local:");
  }
  return EmbeddedServer(config.root + "/.strata", url.size() > 6 ? url.substr(6) : "default");
}

Result<int> run_db(const Workbench& bench, const std::string& action) {
  STRATA_TRY(const auto config, bench.config());
  EmbeddedServer scratch(config.root + "/.strata", ScratchDatabase::cluster);
  const bool replays_run = action == "stop" && scratch.status().running;
  if (replays_run) STRATA_CHECK(scratch.stop());
  auto found = server_of(bench);
  if (!found && !replays_run) return fail(std::move(found.error()));
  if (action == "stop") {
    const bool was_running = replays_run || found->status().running;
    if (found) STRATA_CHECK(found->stop());
    bench.print(bench.options.json ? "{\n  \"format\": 1,\n  \"running\": false\n}\n"
                : was_running      ? "stopped\n"
                                   : "it was not running\n");
    return 0;
  }
  auto& server = *found;
  STRATA_TRY(const auto address, server.ensure_running());
  if (action == "shell") {
    const auto url = url_of(address);
    execlp("psql", "psql", url.c_str(), static_cast<char*>(nullptr));
    return fail(ErrorCode::bad_config, std::string("psql cannot be started: ") + std::strerror(errno),
                "apt-get install postgresql-client");
  }
  const auto status = server.status();
  if (bench.options.json) {
    const nlohmann::ordered_json out = {{"format", 1},       {"running", true},           {"url", url_of(address)},
                                        {"pid", status.pid}, {"version", status.version}, {"folder", status.folder}};
    bench.print(out.dump(2) + "\n");
  } else if (action == "url") {
    bench.print(url_of(address) + "\n");
  } else {
    bench.print("Postgres " + status.version + " runs (pid " + std::to_string(status.pid) + ")\n" + url_of(address) +
                "\n");
  }
  return 0;
}

}  // namespace

void add_db(CLI::App& app, Workbench& bench) {
  auto* group = app.add_subcommand("db", "The embedded Postgres of local: targets");
  group->require_subcommand(1);
  group->fallthrough();
  static constexpr std::pair<const char*, const char*> actions[] = {
      {"start", "Make it if there is none, and start it"},
      {"stop", "Stop it, and the one of replays; its data stay"},
      {"url", "Start it if needed, and print its URL for other programs"},
      {"shell", "Open psql on it"}};
  for (const auto& [name, what] : actions) {
    auto* sub = group->add_subcommand(name, what);
    sub->footer(std::string("Example:  strata db ") + name);
    sub->callback([&bench, action = std::string(name)] {
      bench.chosen = [&bench, action] {
        const auto done = run_db(bench, action);
        return done ? *done : bench.report(done.error());
      };
    });
  }
  group->footer(
      "A private cluster below .strata/, reached by a unix socket only.\n\nExample:  psql \"$(strata db url)\" -c "
      "'select 1'");
}

}  // namespace strata
