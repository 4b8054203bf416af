#include "core/base/files.h"
#include "core/cli/workbench.h"

#include "core/base/counted.h"
#include "core/collate/collate.h"

#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>
#include <sstream>

namespace strata {

namespace {

struct DiffCommand {
  std::string from;
  std::string to;
  std::string output;
  bool script = false;
  bool exit_code = false;
};

// For people: what would be made.
std::string summary(const CollatedSchema& schema) {
  std::ostringstream out;
  const auto shown = [](const ObjectName& name) {
    return (name.schema == default_schema ? "" : name.schema + ".") + name.name;
  };
  for (const auto& each : schema.desired.extensions) out << "+ extension  " << each.name << "\n";
  for (const auto& each : schema.desired.enumerations)
    out << "+ enum       " << shown(each.name) << "  (" << each.definition.owner << ")\n";
  for (const auto& table : schema.desired.tables) {
    out << "+ table      " << shown(table.name) << "  (" << table.definition.owner
        << "): " << counted(table.columns.size(), "column") << ", " << table.indexes.size()
        << (table.indexes.size() == 1 ? " index, " : " indexes, ") << counted(table.foreign_keys.size(), "foreign key")
        << "\n";
  }
  for (const auto& fragment : schema.sql) out << "+ SQL        " << fragment.path << "  (" << fragment.owner << ")\n";
  return out.str().empty() ? "no difference\n" : out.str();
}

Result<int> run_diff(const Workbench& bench, const DiffCommand& command) {
  if (command.from != "empty" || command.to != "schema") {
    return fail(ErrorCode::usage, "strata compares from empty to schema so far",
                "strata diff --from empty --to schema --script");
  }
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  STRATA_TRY(const auto schema, collate(catalog));
  const auto text = command.script ? creation_text(schema) : summary(schema);
  const bool differs = !schema.sql.empty() || !schema.desired.tables.empty() || !schema.desired.enumerations.empty() ||
                       !schema.desired.extensions.empty();
  if (!command.output.empty()) {
    STRATA_CHECK(write_file(command.output, text));
  } else if (bench.options.json) {
    bench.print(nlohmann::ordered_json{{"format", 1}, {"differs", differs}, {"text", text}}.dump(2) + "\n");
  } else {
    bench.print(text);
  }
  return command.exit_code && differs ? 2 : 0;
}

}  // namespace

void add_diff(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("diff", "What makes one schema of another");
  auto command = std::make_shared<DiffCommand>();
  sub->add_option("--from", command->from, "empty")->required();
  sub->add_option("--to", command->to, "schema: the fragments of all modules")->required();
  sub->add_flag("--script", command->script, "As SQL: for .prisma fragments what prisma migrate diff writes");
  sub->add_flag("--exit-code", command->exit_code, "Exit 2 where there is a difference");
  sub->add_option("-o,--output", command->output, "Write it there instead of to stdout");
  sub->footer("Needs no database.\n\nExample:  strata diff --from empty --to schema --script");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_diff(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
