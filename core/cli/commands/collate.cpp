#include "core/base/files.h"
#include "core/cli/workbench.h"

#include "core/collate/collate.h"

#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

namespace strata {

namespace {

struct CollateCommand {
  std::string output;
  std::string format;
  std::string check;
};

Result<int> run_collate(const Workbench& bench, const CollateCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  STRATA_TRY(const auto schema, collate(catalog));
  const bool wants_prisma =
      command.format == "prisma" || (command.format.empty() && schema.sql.empty() && !schema.prisma.empty());
  const auto text = wants_prisma ? prisma_text(schema) : sql_text(schema);
  if (!command.check.empty()) {
    STRATA_TRY(const auto there, read_file(command.check, "strata collate -o " + command.check + " writes it"));
    if (there == text) return 0;
    const auto first = std::mismatch(text.begin(), text.end(), there.begin(), there.end()).first;
    return fail(Error{.code = ErrorCode::difference,
                      .message = command.check + " is not what the fragments make: it differs from line " +
                                 std::to_string(std::count(text.begin(), first, '\n') + 1) + " on",
                      .next = "strata collate -o " + command.check + " writes it anew"});
  }
  if (!command.output.empty()) {
    STRATA_CHECK(write_file(command.output, text));
    return 0;
  }
  bench.print(
      bench.options.json
          ? nlohmann::ordered_json{{"format", 1}, {"language", wants_prisma ? "prisma" : "sql"}, {"text", text}}.dump(
                2) +
                "\n"
          : text);
  return 0;
}

}  // namespace

void add_collate(CLI::App& app, Workbench& bench) {
  auto* sub =
      app.add_subcommand("collate", "The schema fragments of all modules as one schema, each part with its owner");
  auto command = std::make_shared<CollateCommand>();
  sub->add_option("-o,--output", command->output, "Write it there instead of to stdout");
  sub->add_option("--format", command->format,
                  "The .sql fragments, or the .prisma ones (default: sql, but where all are .prisma)")
      ->check(CLI::IsMember({"sql", "prisma"}));
  sub->add_option("--check", command->check, "Exit 2 unless this file is what would be written")->excludes("--output");
  sub->footer(
      "In the order of the modules' requirements. An object that two modules make is an error that names both.\n\n"
      "Example:  strata collate --format prisma -o dist/schema.prisma\n"
      "          strata collate --format prisma --check dist/schema.prisma");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_collate(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
