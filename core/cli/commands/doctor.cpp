#include "core/cli/workbench.h"

#include "core/base/escape.h"
#include "core/postgres/embedded_server.h"
#include "core/postgres/history.h"
#include "core/postgres/run_lock.h"
#include "core/postgres/server_version.h"
#include "core/sql/quote.h"
#include "state/ledger_file.h"

#include <CLI/CLI.hpp>

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace strata {

namespace {

struct Check {
  std::string name;
  std::string found;           // what is there, in words
  std::optional<Error> wrong;  // what is wrong and what to type
  bool warning = false;        // worth a look, but nothing fails over it
};

// How far the way to a server can be trusted. libpq's own default, prefer, proves nothing and may end in plain text.
Check encryption(const DatabaseAddress& address, const SessionFacts& facts) {
  std::string mode = "prefer";
  for (const auto& [name, value] : address.parameters) {
    if (name == "sslmode") mode = value;
  }
  if (!facts.encrypted)
    return {"encryption",
            "none: whoever is on the way can read and change everything; sslmode=verify-full asks for it",
            {},
            true};
  if (mode == "verify-full") return {"encryption", "TLS, and the server has proved its name", {}, false};
  return {"encryption",
          "TLS, but with sslmode=" + mode + " the server need not prove its name; sslmode=verify-full asks for that",
          {},
          true};
}

class Doctor {
 public:
  explicit Doctor(const Workbench& bench) : bench_(bench) {}

  std::vector<Check> examine() {
    const auto config = bench_.config();
    add("configuration", config,
        [](const Config& c) { return c.file.empty() ? "no strata.toml: defaults for " + c.root : c.file; });
    if (!config) return std::move(checks_);
    const auto catalog = bench_.catalog(*config);
    add("modules", catalog, [](const Catalog& c) {
      return "found " + std::to_string(c.modules().size()) + ", with " + std::to_string(c.order().size()) +
             " migrations and repeatables in one order";
    });
    if (catalog) examine_scripts(*catalog);
    const auto programs = find_server_programs();
    checks_.push_back(
        {"server programs",
         programs ? *programs
                  : "none found: no embedded Postgres, so local: targets do not work; apt-get install postgresql",
         {},
         !programs});
    examine_ledger(*config);
    examine_database(*config);
    return std::move(checks_);
  }

 private:
  template <typename T, typename Describe>
  void add(const std::string& name, const Result<T>& result, Describe describe) {
    if (result) {
      checks_.push_back({name, describe(*result), {}, false});
    } else {
      checks_.push_back({name, {}, result.error(), false});
    }
  }

  void examine_scripts(const Catalog& catalog) {
    std::size_t not_analysed = 0;
    for (const auto* migration : catalog.order()) {
      const auto script = read_script(migration->sql, migration->path, migration->directives.no_transaction);
      if (!script) {
        checks_.push_back({"statements", {}, script.error(), false});
        return;
      }
      for (const auto& statement : script->statements) not_analysed += statement.analysed ? 0 : 1;
    }
    checks_.push_back({"statements",
                       not_analysed == 0 ? "all are understood"
                                         : std::to_string(not_analysed) +
                                               " are newer than the parser's grammar: the server decides about them",
                       {},
                       false});
  }

  void examine_ledger(const Config& config) {
    const auto path = bench_.ledger_path(config);
    if (!path) {
      checks_.push_back({"ledger", "none, as --ledger or STRATA_LEDGER says", {}, true});
      return;
    }
    const auto ledger = Ledger::open(*path, Ledger::Access::read_write);
    add("ledger", ledger, [](const Ledger& l) {
      return l.path() + ": " + std::to_string(l.head().seq) +
             " events, chain whole, targets known: " + std::to_string(l.targets().size());
    });
    if (const auto shared = network_file_system(*path); !shared.empty())
      checks_.push_back({"ledger's disk",
                         {},
                         Error{.code = ErrorCode::bad_ledger, .message = network_ledger_warning(*path, shared)},
                         false});
  }

  void examine_database(const Config& config) {
    std::string variables;
    for (const char* name : poisonous_variables) {
      if (std::getenv(name) != nullptr) variables += (variables.empty() ? "" : ", ") + std::string(name);
    }
    const auto site = bench_.site(config, nullptr);
    add("database named", site, [](const Site& s) { return s.address.described() + ", from " + s.address.source; });
    if (!site) return;
    if (!variables.empty()) {
      const bool honoured = site->address.source.find("PG*") != std::string::npos;
      checks_.push_back(
          {"environment",
           variables + (honoured ? ": set, and honoured, since nothing but libpq's variables names a database"
                                 : ": set, and not looked at, since " + site->address.source + " names the database"),
           {},
           true});
    }
    SessionOptions options;
    options.application_name = "strata doctor";
    options.connect_budget = std::chrono::milliseconds(0);
    auto session = PgSession::connect(site->address, std::move(options));
    add("database reached", session, [](const PgSession& s) {
      return "Postgres " + s.facts().server_version_text + ", database " + s.facts().database + ", role " +
             s.facts().user;
    });
    if (!session) return;
    const auto& facts = session->facts();
    if (support_of(facts.server_version) == ServerSupport::newer) {
      checks_.push_back(
          {"server version",
           "newer than any that this strata was tested with (" + std::to_string(newest_tested_postgres) + ")",
           {},
           true});
    }
    if (facts.remote) checks_.push_back(encryption(site->address, facts));
    if (facts.in_recovery)
      checks_.push_back(
          {"primary",
           {},
           Error{.code = ErrorCode::unreachable, .message = "this is a standby", .next = "name the primary"},
           false});
    if (facts.encoding != "UTF8")
      checks_.push_back(
          {"encoding", "the database is encoded as " + one_line(facts.encoding) + ", not UTF8", {}, true});
    const auto lock = RunLock::take(*session, std::chrono::milliseconds(0), nullptr);
    if (lock) {
      const auto direct = refuse_transaction_pooling(site->address, "strata doctor");
      checks_.push_back({"pooler", facts.pooled ? "a pooler in session mode" : "none: the lock holds",
                         direct ? std::nullopt : std::optional(direct.error()), false});
      (void)session->query("SELECT pg_catalog.pg_advisory_unlock_all()");
    } else {
      checks_.push_back({"run lock", lock.error().message, {}, true});
    }
    const History history(config.history_schema);
    add("history", history.read_meta(*session), [](const std::optional<HistoryMeta>& meta) {
      return meta ? "event " + std::to_string(meta->head.seq) + ", database " + meta->database
                  : std::string("none yet: the first deploy makes it");
    });
    const auto rights = session->query(
        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), rolsuper FROM "
        "pg_catalog.pg_roles WHERE rolname = current_user");
    if (!rights || rights->rows() == 0) return;
    if (rights->text(0, 1) == "t" && !config.targets.at(bench_.options.target).disposable) {
      checks_.push_back(
          {"role",
           facts.user + " is a superuser: a migration could do anything; use a role that owns the schemas",
           {},
           true});
    } else if (rights->text(0, 0) != "t") {
      checks_.push_back({"role",
                         {},
                         Error{.code = ErrorCode::not_permitted,
                               .message = facts.user + " may not create schemas in " + facts.database,
                               .next = "GRANT CREATE ON DATABASE " + quote_identifier(facts.database) + " TO " +
                                       quote_identifier(facts.user) + ";"},
                         false});
    } else {
      checks_.push_back({"role", facts.user + " may create schemas", {}, false});
    }
  }

  const Workbench& bench_;
  std::vector<Check> checks_;
};

int run_doctor(const Workbench& bench) {
  const auto checks = Doctor(bench).examine();
  const auto& palette = bench.out_palette();
  int exit_code = 0;
  nlohmann::ordered_json out = {{"format", 1}, {"checks", nlohmann::json::array()}};
  for (const auto& check : checks) {
    if (check.wrong && exit_code == 0) exit_code = exit_code_of(*check.wrong);
    if (bench.options.json) {
      out["checks"].push_back({{"name", check.name},
                               {"state", check.wrong     ? "wrong"
                                         : check.warning ? "warning"
                                                         : "good"},
                               {"found", check.wrong ? check.wrong->message : check.found},
                               {"next", check.wrong ? check.wrong->next : ""}});
      continue;
    }
    const auto mark = check.wrong     ? palette.bad("wrong  ")
                      : check.warning ? palette.warn("look   ")
                                      : palette.good("good   ");
    bench.print(mark + check.name + ": " + printable(check.wrong ? check.wrong->message : check.found) + "\n");
    if (check.wrong && check.wrong->where.line > 0) {
      bench.print("       at " + printable(check.wrong->where.file) + ":" + std::to_string(check.wrong->where.line) +
                  ":" + std::to_string(check.wrong->where.column) + "\n");
    }
    if (check.wrong && !check.wrong->next.empty()) bench.print("       next: " + printable(check.wrong->next) + "\n");
  }
  if (bench.options.json) bench.print(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  return exit_code;
}

}  // namespace

void add_doctor(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("doctor", "Check everything that strata needs; say what is wrong and what to type");
  sub->footer("Example:  strata doctor --target prod");
  sub->callback([&bench] { bench.chosen = [&bench] { return run_doctor(bench); }; });
}

}  // namespace strata
