#include "tests/support/postgres_server.h"

#include "tests/support/canary.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

namespace strata::test {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_deadline{60};

// When the pipe closes: ends the server of the folder "$1", if it still runs, and removes the folder, into which an
// initdb may still write.
constexpr const char* watchdog_script = R"(
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -qF -- "$1" "/proc/$pid/cmdline" 2>/dev/null; then
  kill -QUIT "$pid"
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
fi
for _ in $(seq 100); do rm -rf -- "$1" && break; sleep 0.1; done)";

// Where scripts/servers puts what it fetches.
fs::path fetched_servers() {
  if (const char* given = std::getenv("STRATA_SERVERS")) return given;
  if (geteuid() == 0) return "/var/cache/strata/servers";
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) return fs::path(cache) / "strata" / "servers";
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/" : home) / ".cache" / "strata" / "servers";
}

fs::path find_programs(int version) {
  if (version != 0) {
    const auto major = std::to_string(version);
    for (const auto& folder : {fs::path("/usr/lib/postgresql") / major / "bin", fetched_servers() / major / "bin"}) {
      std::error_code code;
      if (fs::exists(folder / "initdb", code)) return folder;
    }
    return {};
  }
  if (const char* given = std::getenv("STRATA_PG_BIN")) return fs::exists(fs::path(given) / "initdb") ? given : "";
  std::error_code code;
  fs::path newest;
  for (fs::directory_iterator entry("/usr/lib/postgresql", code), end; !code && entry != end; entry.increment(code)) {
    const bool newer =
        newest.empty() || std::atoi(entry->path().filename().c_str()) > std::atoi(newest.filename().c_str());
    if (newer && fs::exists(entry->path() / "bin" / "initdb")) newest = entry->path();
  }
  return newest.empty() ? newest : newest / "bin";
}

// A server that was fetched brings its own libraries; it links them by a path of its own, which some do not have.
std::map<std::string, std::string> environment_of(const fs::path& programs) {
  std::map<std::string, std::string> environment{{"TZ", "UTC"}};
  if (const auto libraries = programs.parent_path() / "lib"; fs::exists(libraries / "libpq.so.5"))
    environment["LD_LIBRARY_PATH"] = libraries;
  return environment;
}

pid_t start_watchdog(const fs::path& folder, int pipe) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // Ctrl-C ends the test, and then it has work to do
  std::array<std::string, 5> arguments{"sh", "-c", watchdog_script, "watchdog", folder.string()};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < arguments.size(); ++i) argv[i] = arguments[i].data();
  pid_t pid = 0;
  const int failure = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "the watchdog");
  return pid;
}

void execute(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
}

}  // namespace

bool PostgresServer::is_available(int version) {
  if (version != 0) {
    if (!find_programs(version).empty()) return true;
    std::cerr << "SKIPPED: Postgres " << version << " is not on this machine (scripts/servers fetches it)\n";
    return false;
  }
  static const bool available = [] {
    if (!find_programs(0).empty()) return true;
    std::cerr << "SKIPPED: no Postgres server programs found; tests that need a server do nothing.\n"
                 "         Install postgresql, or set STRATA_PG_BIN to the folder of initdb.\n";
    return false;
  }();
  return available;
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer(ServerOptions options)
    : options_(std::move(options)), programs_(find_programs(options_.version)), owner_(getpid()) {
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) user = getpwnam("nobody");
    if (user == nullptr) throw std::runtime_error("no unprivileged user to run Postgres as");
    uid_ = user->pw_uid;
    gid_ = user->pw_gid;
  }
  auto pattern = (fs::temp_directory_path() / "strata-test-pg-XXXXXX").string();
  std::array<int, 2> ends{};
  if (mkdtemp(pattern.data()) == nullptr || pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), pattern);
  }
  folder_ = fs::canonical(pattern);
  watchdog_pipe_ = ends[1];
  watchdog_ = start_watchdog(folder_, ends[0]);
  close(ends[0]);
  if (uid_ != 0 && chown(folder_.c_str(), uid_, gid_) != 0)
    throw std::system_error(errno, std::generic_category(), pattern);

  const auto made =
      options_.primary == nullptr
          ? run_program({programs_ / "initdb", "-D", data_folder(), "--username=postgres", "--auth=trust",
                         "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"})
          : run_program({"pg_basebackup", "--dbname=" + options_.primary->url(), "--pgdata=" + data_folder().string(),
                         "--write-recovery-conf", "--checkpoint=fast", "--no-sync"});
  if (made.exit_code != 0) throw std::runtime_error("a new cluster: " + made.err);
  start();
}

ProcessResult PostgresServer::run_program(std::vector<std::string> arguments) const {
  return run(std::move(arguments), {.cwd = "/", .env = environment_of(programs_), .uid = uid_, .gid = gid_});
}

PostgresServer::~PostgresServer() {
  if (getpid() != owner_) return;
  stop_immediate();
  refuse_canary_in(folder_ / "data");
  close(watchdog_pipe_);
  waitpid(watchdog_, nullptr, 0);  // it removes the folder
}

void PostgresServer::start() {
  std::vector<std::string> args{programs_ / "postgres", "-D", data_folder()};
  for (const std::string setting : {"listen_addresses=", "unix_socket_permissions=0700", "fsync=off",
                                    "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB",
                                    "max_wal_size=64MB", "min_wal_size=32MB", "logging_collector=off"}) {
    args.insert(args.end(), {"-c", setting});
  }
  args.insert(args.end(), {"-c", "unix_socket_directories=" + folder_.string(), "-p", std::to_string(options_.port)});
  args.insert(args.end(), options_.settings.begin(), options_.settings.end());
  const ProcessOptions options{
      .cwd = "/", .env = environment_of(programs_), .timeout = std::chrono::hours(24), .uid = uid_, .gid = gid_};
  postmaster_ = std::make_unique<Process>(args, options);
  const auto give_up = std::chrono::steady_clock::now() + start_deadline;
  while (PQping(url().c_str()) != PQPING_OK) {
    if (!postmaster_->is_running() || std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("Postgres does not start: " + log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void PostgresServer::end(int signal) {
  if (!postmaster_) return;
  postmaster_->kill(signal);
  postmaster_->wait();
  postmaster_.reset();
}

void PostgresServer::stop() {
  end(SIGINT);
}
void PostgresServer::stop_immediate() {
  end(SIGQUIT);
}

void PostgresServer::restart() {
  stop();
  start();
}

std::string PostgresServer::create_database() {
  const auto name = "test_" + std::to_string(++databases_);
  execute(url(), "CREATE DATABASE " + name);
  return url_of(name);
}

std::string PostgresServer::url_of(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_.string() +
         (options_.port == 5432 ? "" : "&port=" + std::to_string(options_.port)) +
         "&user=postgres&password=" + std::string(canary_in_url);
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool got = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                   getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int reason = errno;
  close(fd);
  if (!got) throw std::system_error(reason, std::generic_category(), "no port on 127.0.0.1");
  return ntohs(address.sin_port);
}

}  // namespace strata::test
