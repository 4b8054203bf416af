#include "core/postgres/embedded_server.h"

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

using namespace strata;
using namespace strata::test;
namespace fs = std::filesystem;

namespace {

bool has_postgres() {
  static const bool found = [] {
    if (find_server_programs()) return true;
    std::cerr << "SKIPPED: no Postgres server programs found; the tests of the embedded server do nothing\n";
    return false;
  }();
  return found;
}

// A project with an embedded server in a folder of the test's own; both are gone when the test ends.
struct Project {
  explicit Project(const std::string& below = "")
      : state((dir.path() / below / ".strata").string()), server(state, "default") {
    fs::create_directories(dir.path() / below);
  }
  ~Project() {
    CHECK(server.stop());
    // Only where root's cluster had to be moved out of the test's folder.
    if (const fs::path folder = server.status().folder;
        !folder.empty() && !folder.string().starts_with(dir.path().string())) {
      fs::remove_all(folder);
    }
  }

  DatabaseAddress start() {
    const auto address = server.ensure_running({.source = "strata.toml"});
    INFO((address ? "" : address.error().message));
    REQUIRE(address);
    return *address;
  }

  fs::path data() const { return fs::path(server.status().folder) / "data"; }

  TempDir dir;
  std::string state;
  EmbeddedServer server;
};

std::string parameter(const DatabaseAddress& address, const std::string& name) {
  for (const auto& [key, value] : address.parameters) {
    if (key == name) return value;
  }
  return "";
}

std::vector<std::string> psql(const DatabaseAddress& address) {
  return {*find_server_programs() + "/psql",
          "-XAtq",
          "-v",
          "ON_ERROR_STOP=1",
          "-h",
          parameter(address, "host"),
          "-p",
          parameter(address, "port"),
          "-U",
          parameter(address, "user"),
          "-d",
          parameter(address, "dbname")};
}

std::string query(const DatabaseAddress& address, const std::string& sql) {
  const auto result = run(psql(address), {.input = sql});
  return result.exit_code == 0 ? result.out : result.err;
}

// The owner of the cluster, which is whom its server runs as.
struct stat owner_of(const fs::path& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found;
}

std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// postmaster.pid and the socket's lock file, left over from `lock_file`, whose process id now belongs to `stranger`.
void leave_stale_lock_files(const fs::path& data, const std::string& lock_file, pid_t stranger) {
  const auto rest = lock_file.substr(lock_file.find('\n'));
  std::ofstream(data / "postmaster.pid") << stranger << rest;
  std::ofstream(data.parent_path() / ".s.PGSQL.5432.lock") << stranger << rest;
}

Process sleeper_of(const struct stat& user) {
  return Process({"sleep", "300"}, {.uid = user.st_uid, .gid = user.st_gid});
}

}  // namespace

TEST_CASE("embedded server: the first start makes a database that only its user and root get to", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  CHECK_FALSE(project.server.status().exists);

  const auto address = project.start();
  CHECK(address.embedded == "default");
  CHECK(address.source == "strata.toml");
  CHECK(query(address,
              "SELECT current_database(), current_user, pg_encoding_to_char(encoding), datcollate, "
              "current_setting('fsync'), current_setting('listen_addresses') "
              "FROM pg_database WHERE datname = current_database()") == "strata|strata|UTF8|C.UTF-8|on|\n");

  const auto status = project.server.status();
  CHECK(status.exists);
  CHECK(status.running);
  CHECK(status.version.find('.') != std::string::npos);
  CHECK(status.socket_folder == parameter(address, "host"));
  CHECK((owner_of(status.folder).st_mode & 0777) == 0700);
  CHECK(owner_of(status.folder).st_uid != 0);
}

TEST_CASE("embedded server: a server that runs is found, not started again", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  const auto first = project.start();
  const int pid = project.server.status().pid;

  const auto second = EmbeddedServer(project.state, "default").ensure_running();
  REQUIRE(second);
  CHECK(second->parameters == first.parameters);
  CHECK(project.server.status().pid == pid);
}

TEST_CASE("embedded server: what was written survives a stop", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  const auto address = project.start();
  query(address, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");

  REQUIRE(project.server.stop());
  CHECK_FALSE(project.server.status().running);
  CHECK(project.server.stop());
  project.start();
  CHECK(query(address, "SELECT n FROM kept") == "42\n");
}

TEST_CASE("embedded server: the server is in a session of its own and knows nothing of strata's environment",
          "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  setenv("DATABASE_URL", "postgresql://u:secret@host/db", 1);
  setenv("PGDATA", "/nowhere", 1);
  const int inherited = open("/dev/null", O_RDONLY);
  project.start();
  close(inherited);
  unsetenv("DATABASE_URL");
  unsetenv("PGDATA");

  const int pid = project.server.status().pid;
  const auto process = fs::path("/proc") / std::to_string(pid);
  CHECK(getsid(pid) == pid);
  CHECK(contents(process / "environ").find("secret") == std::string::npos);
  for (const auto& entry : fs::directory_iterator(process / "fd")) {
    const auto target = fs::read_symlink(entry).string();
    INFO(entry.path() << " is " << target);
    CHECK((target != "/dev/null" || entry.path().filename() == "0"));
    CHECK_FALSE(target.ends_with(".lock"));
  }
}

TEST_CASE("embedded server: a postmaster that was killed under load is started again, with its data", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  const auto address = project.start();
  query(address, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");
  const int pid = project.server.status().pid;
  auto command = psql(address);
  command.insert(command.end(), {"-c", "SELECT pg_sleep(300)"});
  const Process busy(command);
  for (int i = 0;
       i < 500 && query(address, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sl%'") != "1\n";
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  REQUIRE(kill(pid, SIGKILL) == 0);
  while (project.server.status().running) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  project.start();
  CHECK(project.server.status().pid != pid);
  CHECK(query(address, "SELECT n FROM kept") == "42\n");
}

TEST_CASE("embedded server: a stale pid that now is a stranger's neither keeps the server down nor is ended",
          "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  project.start();
  const auto data = project.data();
  const auto lock_file = contents(data / "postmaster.pid");
  REQUIRE(project.server.stop());
  auto stranger = sleeper_of(owner_of(data));
  leave_stale_lock_files(data, lock_file, stranger.pid());

  CHECK_FALSE(project.server.status().running);
  CHECK(project.server.stop());
  CHECK(stranger.is_running());
  const auto address = project.start();
  CHECK(query(address, "SELECT 1") == "1\n");
  CHECK(stranger.is_running());
}

TEST_CASE("embedded server: two commands at once end with one server", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  std::vector<pid_t> commands;
  for (int i = 0; i < 3; ++i) {
    commands.push_back(fork());
    if (commands.back() == 0) _exit(project.server.ensure_running() ? 0 : 1);
  }
  for (const pid_t command : commands) {
    int status = 1;
    CHECK(waitpid(command, &status, 0) == command);
    CHECK(status == 0);
  }
  const auto result = run({"pgrep", "-f", project.data().string()});
  CHECK(result.out == std::to_string(project.server.status().pid) + "\n");
}

TEST_CASE("embedded server: a path too long for a socket gets a private folder in /tmp, gone after the stop",
          "[embedded]") {
  if (!has_postgres()) return;
  Project project(std::string(120, 'x'));
  const auto address = project.start();
  CHECK(query(address, "SELECT 1") == "1\n");
  const auto sockets = parameter(address, "host");
  CHECK(sockets.starts_with("/tmp/strata-"));
  CHECK((owner_of(sockets).st_mode & 0777) == 0700);
  REQUIRE(project.server.stop());
  CHECK_FALSE(fs::exists(sockets));

  SECTION("and somebody else's folder of that name is refused") {
    fs::create_directory(sockets);
    fs::permissions(sockets, fs::perms::all);
    const auto refused = project.server.ensure_running();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::not_permitted);
    fs::remove(sockets);
  }
}

TEST_CASE("embedded server: a socket that somebody removed comes back", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  const auto address = project.start();
  fs::remove(fs::path(parameter(address, "host")) / ".s.PGSQL.5432");
  project.start();
  CHECK(query(address, "SELECT 1") == "1\n");
}

TEST_CASE("embedded server: what a killed initdb left is made anew", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  project.start();
  REQUIRE(project.server.stop());
  const auto unfinished = project.data().parent_path() / "data.new";
  fs::rename(project.data(), unfinished);
  fs::remove_all(unfinished / "global");

  const auto address = project.start();
  CHECK(query(address, "SELECT 1") == "1\n");
  CHECK_FALSE(fs::exists(unfinished));
}

TEST_CASE("embedded server: blanks, quotes and commas in the project's path are letters like others", "[embedded]") {
  if (!has_postgres()) return;
  for (const std::string name : {" my \"own\" project's ", "one, two"}) {
    Project project(name);
    const auto address = project.start();
    CHECK(query(address, "SELECT 1") == "1\n");
  }
}

TEST_CASE("embedded server: under a folder that only root enters the cluster is kept elsewhere, and found again",
          "[embedded]") {
  if (!has_postgres() || geteuid() != 0) return;
  const auto before = umask(077);
  Project project("private");
  fs::permissions(project.dir.path() / "private", fs::perms::owner_all);
  const auto address = project.start();
  query(address, "CREATE TABLE kept (n int)");
  const auto folder = project.server.status().folder;
  umask(before);
  CHECK(folder.starts_with("/var/lib/strata/"));
  CHECK((owner_of(folder).st_mode & 0777) == 0700);

  REQUIRE(project.server.stop());
  fs::remove(fs::path(project.state) / "pg" / "default");
  project.start();
  CHECK(project.server.status().folder == folder);
  CHECK(query(address, "SELECT count(*) FROM kept") == "0\n");
}

TEST_CASE("embedded server: without server programs the error says what to install", "[embedded]") {
  Project project;
  setenv("STRATA_PG_BIN", "/nowhere", 1);
  const auto address = project.server.ensure_running();
  unsetenv("STRATA_PG_BIN");
  REQUIRE_FALSE(address);
  CHECK(address.error().code == ErrorCode::bad_config);
  CHECK(address.error().message.find("/nowhere") != std::string::npos);
  CHECK(address.error().next.find("postgresql") != std::string::npos);
}

TEST_CASE("embedded server: one that does not start says why, in its own words", "[embedded]") {
  if (!has_postgres()) return;
  Project project;
  project.start();
  REQUIRE(project.server.stop());
  std::ofstream(project.data() / "postgresql.conf") << "shared_buffer = lots\n";
  const auto address = project.server.ensure_running();
  REQUIRE_FALSE(address);
  CHECK(address.error().code == ErrorCode::unreachable);
  CHECK(address.error().message.find("shared_buffer") != std::string::npos);
}
