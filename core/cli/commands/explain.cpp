#include "core/cli/workbench.h"

#include "core/report/json_report.h"
#include "core/sql/directives.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>

namespace strata {

namespace {

Result<std::string> read_file(const std::string& path) {
  const int fd = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail(ErrorCode::io_failed, path + " cannot be read: " + std::strerror(errno));
  struct stat status {};
  if (path != "-" && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
    close(fd);
    return fail(ErrorCode::io_failed, path + " is no regular file");
  }
  std::string text;
  char piece[65536];
  ssize_t got = 0;
  while ((got = read(fd, piece, sizeof piece)) > 0) text.append(piece, static_cast<std::size_t>(got));
  close(fd);
  if (got < 0) return fail(ErrorCode::io_failed, path + " cannot be read: " + std::strerror(errno));
  return text;
}

Result<int> run_explain(const Workbench& bench, const std::string& path) {
  STRATA_TRY(const auto sql, read_file(path));
  STRATA_TRY(const auto directives, read_directives(sql, path));
  STRATA_TRY(const auto script, read_script(sql, path, directives.no_transaction));
  bench.print(bench.options.json ? json_of_script(script, path)
                                 : describe_script(script, directives, path, bench.out_palette()));
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, Workbench& bench) {
  auto* sub =
      app.add_subcommand("explain", "How strata reads one SQL file: directives, statements, transaction, fingerprint");
  auto path = std::make_shared<std::string>();
  sub->add_option("FILE", *path, "A SQL file, or - for standard input")->required();
  sub->footer(
      "Needs no project and no database.\n\nExample:  strata explain "
      "modules/cases/migrations/20260107103000_create_cases/migration.sql");
  sub->callback([&bench, path] {
    bench.chosen = [&bench, path] {
      const auto done = run_explain(bench, *path);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
