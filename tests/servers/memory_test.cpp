// How much memory a run needs, and what becomes of one that gets too little: with a limit that the kernel keeps.
#include "tests/support/project.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// A memory cgroup of this process, for what it starts in there; of either version of them.
class MemoryGroup {
 public:
  static bool is_possible(const char* test) {
    const bool possible = !sanitized && geteuid() == 0 && !parent().empty();
    if (!possible)
      std::cerr << "SKIPPED: " << test << " (needs root, memory cgroups, and a build without sanitizers)\n";
    return possible;
  }

  explicit MemoryGroup(std::size_t megabytes) {
    static int count = 0;
    path_ = parent() / ("strata-test-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    REQUIRE(fs::create_directory(path_));
    const auto bytes = std::to_string(megabytes << 20);
    if (fs::exists(path_ / "memory.max")) {
      REQUIRE(put("memory.max", bytes));
      put("memory.swap.max", "0");
    } else {
      REQUIRE(put("memory.limit_in_bytes", bytes));
      put("memory.memsw.limit_in_bytes", bytes);
    }
  }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;
  ~MemoryGroup() {
    for (int i = 0; i < 200 && rmdir(path_.c_str()) != 0; ++i) usleep(10'000);
  }

  ProcessResult deploy(const Project& project) const {
    return run({"sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", (path_ / "cgroup.procs").string(), STRATA_PROGRAM,
                "deploy", "--url", project.url()},
               {.cwd = project.root()});
  }

 private:
  static fs::path parent() {
    const fs::path root("/sys/fs/cgroup");
    if (access((root / "memory" / "memory.limit_in_bytes").c_str(), W_OK) == 0 ||
        (fs::exists(root / "memory" / "cgroup.procs") && access((root / "memory").c_str(), W_OK) == 0))
      return root / "memory";
    std::string controllers;
    std::getline(std::ifstream(root / "cgroup.subtree_control"), controllers);
    return contains(controllers, "memory") && access(root.c_str(), W_OK) == 0 ? root : fs::path();
  }
  bool put(const std::string& file, const std::string& value) const {
    std::ofstream out(path_ / file);
    out << value;
    out.close();
    return out.good();
  }

  fs::path path_;
};

std::string of_two_digits(int number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

TEST_CASE("memory: a project of a hundred modules is deployed within 64 MiB", "[servers]") {
  if (!PostgresServer::is_available() || !MemoryGroup::is_possible("memory: a hundred modules within 64 MiB")) return;
  Project project;
  const std::string comment = "-- " + std::string(5'000, 'x') + "\n";
  for (int module = 1; module <= 100; ++module) {
    const auto id = "m" + std::to_string(module);
    project.migration(id + "/20260101000000_create", comment + "CREATE SCHEMA " + id + ";\nCREATE TABLE " + id +
                                                         ".item (id int PRIMARY KEY, name text);\n");
    for (int day = 2; day <= 4; ++day)
      project.migration(id + "/202601" + of_two_digits(day) + "000000_more",
                        comment + "ALTER TABLE " + id + ".item ADD column_" + std::to_string(day) + " text;\n");
    project.repeatable(id + "/names", "CREATE OR REPLACE VIEW " + id + ".names AS SELECT name FROM " + id + ".item;\n");
  }
  const MemoryGroup group(64);
  const auto result = group.deploy(project);
  INFO(result.err.substr(0, 1'000) << result.err.substr(result.err.size() -
                                                        std::min<std::size_t>(result.err.size(), 1'000)));
  CHECK(result.signal == 0);
  CHECK(result.exit_code == 0);
  CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE state = 'applied'") == "500");
  check_settled(project);
}

TEST_CASE("memory: killed for want of it, the next run finishes everything", "[servers]") {
  if (!PostgresServer::is_available() || !MemoryGroup::is_possible("memory: killed for want of it")) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (text text);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  std::string text;
  for (int i = 0; i < 60; ++i) text += "INSERT INTO item VALUES ('" + std::string(500'000, 'x') + "');\n";
  project.migration("shop/20260102000000_large", text);
  {
    const MemoryGroup group(24);
    const auto killed = group.deploy(project);
    INFO(told(killed));
    CHECK(killed.signal == SIGKILL);
  }
  CHECK(project.ask("SELECT count(*) FROM item") == "0");
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM item") == "60");
}

TEST_CASE("memory: rows that a migration's statement returns are not kept, however many", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  const std::string many = "SELECT i, repeat('x', 100) FROM generate_series(1, 1000000) i;\n";
  const auto check = [&](const Arguments& command) {
    const auto result = project.strata(command);
    INFO(told(result));
    CHECK(result.exit_code == 0);
    if (!sanitized) CHECK(result.peak_memory < 64u << 20);
  };
  project.migration("shop/20260101000000_together", "CREATE TABLE item (id int);\n" + many + "SELECT 1;\n");
  project.verify("shop/20260101000000_together", many);
  project.migration("shop/20260102000000_one_by_one", "-- strata: no-transaction\n" + many + "VACUUM item;\n" + many);
  check({"deploy"});
  check_settled(project);
  project.down("shop/20260102000000_one_by_one", many);
  check({"down"});
}

TEST_CASE("memory: a refusal behind many rows is told like any other", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int);\nSELECT 1 / (1000 - i) FROM generate_series(1, 2000) i;\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "division by zero"));
  CHECK(contains(result.err, "migration.sql:2:"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL") == "t");
}
