#include "core/postgres/embedded_server.h"

#include "core/base/digest.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace strata {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds start_deadline{60'000};
constexpr milliseconds fast_shutdown_deadline{20'000};
constexpr milliseconds immediate_shutdown_deadline{10'000};  // the postmaster kills its children after 5 s
constexpr milliseconds lock_deadline{120'000};
constexpr milliseconds orphans_deadline{10'000};  // of a killed postmaster: idle ones end at once, busy ones later
constexpr milliseconds look_again{5};
constexpr const char* socket_name = ".s.PGSQL.5432";

// Whom initdb and postgres run as.
struct ServerUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> io_error(const std::string& what, const fs::path& path, int reason = errno) {
  return fail(reason == EACCES || reason == EPERM ? ErrorCode::not_permitted : ErrorCode::io_failed,
              what + " " + path.string() + ": " + std::strerror(reason));
}

// Empty when the file cannot be read.
std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string short_hash(const std::string& text) {
  return hex(sha256(text)).substr(0, 16);
}

// --- Users and their folders

Result<ServerUser> user_of(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  if (entry == nullptr) {
    return fail(ErrorCode::bad_config,
                "user id " + std::to_string(uid) + " has no name, and initdb refuses such a user",
                "add it to /etc/passwd, or name a database with --url");
  }
  return ServerUser{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

// `folder` is the cluster's, if there is one.
Result<ServerUser> choose_user(const fs::path& folder) {
  if (geteuid() != 0) return user_of(geteuid());
  struct stat found {};
  if (stat(folder.c_str(), &found) == 0 && found.st_uid != 0) return user_of(found.st_uid);
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return ServerUser{entry->pw_uid, entry->pw_gid, entry->pw_name};
  }
  return fail(ErrorCode::bad_config,
              "Postgres does not run as root, and there is no user postgres or nobody to run it as",
              "create one, run strata as another user, or name a database with --url");
}

// Called between fork and exec.
bool become(const ServerUser& user) {
  return geteuid() != 0 || (setgroups(1, &user.gid) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0);
}

bool is_private(const fs::path& folder, uid_t owner) {
  struct stat found {};
  return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == owner &&
         (found.st_mode & 077) == 0;
}

// Makes `folder`, or verifies that what is there is the user's and nobody else's.
Result<void> make_private_folder(const fs::path& folder, const ServerUser& user) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_error("cannot create", folder);
  // Also one that an earlier command made and did not live to hand over: nobody but root makes folders of root's.
  if (geteuid() == 0 && is_private(folder, 0) && lchown(folder.c_str(), user.uid, user.gid) != 0) {
    return fail(ErrorCode::not_permitted,
                "cannot give " + folder.string() + " to user " + user.name + ": " + std::strerror(errno),
                "Postgres does not run as root: run strata as another user, or name a database with --url");
  }
  if (is_private(folder, user.uid)) return {};
  return fail(ErrorCode::not_permitted, folder.string() + " is not a private folder (0700) of user " + user.name,
              "run strata as its owner, or see what it is and remove it");
}

// Asked of the kernel, as that user: mode bits alone do not tell (ACLs, mounts).
bool can_work_in(const fs::path& folder, const ServerUser& user) {
  const pid_t child = fork();
  if (child == 0) _exit(become(user) && access(folder.c_str(), R_OK | W_OK | X_OK) == 0 ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

// --- Programs

struct Program {
  std::vector<std::string> arguments;  // the first is the program's absolute path
  int input = -1;                      // descriptors; -1: /dev/null
  int output = -1;
  int held = -1;  // stays open in it and in what it starts; -1: none
};

// Only what a server needs: strata's own environment may hold passwords, and PG* would lead initdb astray.
std::vector<std::string> environment_of_server() {
  std::vector<std::string> environment{"LC_ALL=C.UTF-8", "TZ=UTC"};
  for (const char* name : {"PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts it as `user` in a session of its own, with nothing of ours: no other descriptors, no signal dispositions.
Result<pid_t> spawn(Program program, const ServerUser& user) {
  auto environment = environment_of_server();
  const auto argv = pointers_to(program.arguments);
  const auto envp = pointers_to(environment);
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  const pid_t child = fork();
  if (child < 0) return io_error("cannot start", program.arguments.front());
  if (child > 0) return child;

  // Only async-signal-safe calls from here on.
  setsid();
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int output = program.output < 0 ? null.get() : program.output;
  dup2(program.input < 0 ? null.get() : program.input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (program.held >= 0) fcntl(program.held, F_SETFD, 0);
  umask(077);
  if (become(user) && chdir("/") == 0) execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

// Runs it to its end. false: it failed. A signal to strata ends it, and all that it has started.
Result<bool> run(Program program, const ServerUser& user) {
  STRATA_TRY(const pid_t child, spawn(std::move(program), user));
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (auto slept = interrupt::sleep(look_again); !slept) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      return fail(slept.error());
    }
  }
  return status == 0;
}

// The first line that a program prints; empty when it fails.
std::string ask(std::vector<std::string> arguments) {
  const Descriptor answer(memfd_create("answer", MFD_CLOEXEC));
  const auto ran = run({.arguments = std::move(arguments), .output = answer.get()}, {geteuid(), getegid(), {}});
  if (!ran || !*ran) return {};
  std::array<char, 4096> text{};
  const auto size = pread(answer.get(), text.data(), text.size(), 0);
  const std::string_view all(text.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return std::string(all.substr(0, all.find('\n')));
}

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto candidate = folder + "/" + program;
    if (folder.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

bool has_programs(const fs::path& folder) {
  return access((folder / "initdb").c_str(), X_OK) == 0 && access((folder / "postgres").c_str(), X_OK) == 0;
}

// --- The cluster

struct Cluster {
  fs::path folder;  // canonical
  ServerUser user;
  fs::path data() const { return folder / "data"; }
  fs::path log() const { return folder / "server.log"; }
};

struct Postmaster {
  pid_t pid = 0;
  std::string port;
  fs::path socket_folder;
  bool ready = false;
};

// Whether the process is a postgres that was started on this folder, as start() does it. After a crash the pid in
// postmaster.pid may be a zombie's or a stranger's. cmdline tells, and unlike exe and cwd root may read it without
// CAP_SYS_PTRACE, which containers lack.
bool is_server_of(pid_t pid, const fs::path& data) {
  using namespace std::string_literals;
  return read_file("/proc/" + std::to_string(pid) + "/cmdline").find("/postgres\0-D\0"s + data.string() + '\0') !=
         std::string::npos;
}

pid_t leading_pid(const std::string& text) {
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

// What postmaster.pid says: pid, data folder, start time, port, socket folder, address, shared memory, status.
// nullopt: no server runs on this folder.
std::optional<Postmaster> find_postmaster(const fs::path& data) {
  std::istringstream file(read_file(data / "postmaster.pid"));
  std::array<std::string, 8> line;
  for (auto& text : line) std::getline(file, text);
  const pid_t pid = leading_pid(line[0]);
  if (pid <= 0 || !is_server_of(pid, data)) return std::nullopt;
  return Postmaster{pid, line[3], line[4], line[7].starts_with("ready")};
}

// Whether a client gets to it: /tmp may have been tidied, or another user may have made a folder of that name since.
bool is_reachable(const Postmaster& server, const fs::path& data) {
  struct stat found {};
  return server.ready && stat(data.c_str(), &found) == 0 && is_private(server.socket_folder, found.st_uid) &&
         access((server.socket_folder / socket_name).c_str(), F_OK) == 0;
}

DatabaseAddress address_of(const Postmaster& server, const std::string& name, DatabaseAddress address) {
  address.parameters = {
      {"host", server.socket_folder.string()}, {"port", server.port}, {"user", "strata"}, {"dbname", "strata"}};
  address.embedded = name;
  return address;
}

Result<Descriptor> lock(const fs::path& file) {
  Descriptor descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (descriptor.get() < 0) return io_error("cannot open", file);
  const auto give_up = SteadyClock::now() + lock_deadline;
  while (flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("cannot lock", file);
    if (SteadyClock::now() > give_up) {
      return fail(ErrorCode::lock_unavailable, "another strata command has held " + file.string() + " for two minutes",
                  "see what it does (`fuser " + file.string() + "`), or end it");
    }
    STRATA_CHECK(interrupt::sleep(look_again));
  }
  return descriptor;
}

// A folder on the way to a cluster. Root's can be passed through by the server's user, but not listed. One that is
// there stays as it is.
Result<void> make_way(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0700) != 0) return errno == EEXIST ? Result<void>() : io_error("cannot create", folder);
  const bool passable = geteuid() != 0 || chmod(folder.c_str(), 0711) == 0;  // whatever the umask
  return passable ? Result<void>() : io_error("cannot set the mode of", folder);
}

// The cluster's folder, made if need be: `wanted`, or where a link there leads.
Result<fs::path> place(const fs::path& wanted, const ServerUser& user) {
  std::error_code code;
  if (fs::is_symlink(wanted, code)) {
    if (const auto target = fs::canonical(wanted, code); !code) {
      STRATA_CHECK(make_private_folder(target, user));
      return target;
    }
    fs::remove(wanted, code);  // where it led is gone, and the data with it
  }
  const auto made = make_private_folder(wanted, user);
  if (made && can_work_in(wanted, user)) return wanted;
  if (geteuid() != 0) {
    return made ? io_error("cannot work in", wanted, EACCES) : tl::unexpected<Error>(made.error());
  }

  if (rmdir(wanted.c_str()) != 0) {
    return io_error("user " + user.name + " cannot work in, and strata cannot move", wanted);
  }
  const auto folder = fs::path("/var/lib/strata") / short_hash(wanted.string() + '\n' + user.name);
  STRATA_CHECK(make_way(folder.parent_path()));
  STRATA_CHECK(make_private_folder(folder, user));
  if (!can_work_in(folder, user)) return io_error("user " + user.name + " cannot work in", folder, EACCES);
  fs::create_directory_symlink(folder, wanted, code);
  if (code) return io_error("cannot create the link", wanted, code.value());
  spdlog::warn("the embedded Postgres is kept in {}, since user {} cannot get to {}", folder.string(), user.name,
               wanted.string());
  return folder;
}

Result<Cluster> open_cluster(const fs::path& wanted) {
  STRATA_TRY(auto user, choose_user(wanted));
  STRATA_TRY(auto folder, place(wanted, user));
  if (folder.string().find('\n') != std::string::npos) {
    return fail(ErrorCode::bad_config,
                "Postgres cannot work in a folder with a line break in its name: " + one_line(folder.string()));
  }
  return Cluster{std::move(folder), std::move(user)};
}

// The cluster's folder, unless its path is too long for a socket's or has a comma, which libpq takes for a second host.
// Not under TMPDIR: that may be the session's, and the server outlives it.
Result<fs::path> make_socket_folder(const Cluster& cluster) {
  const auto path = (cluster.folder / socket_name).string();
  if (path.size() < sizeof(sockaddr_un::sun_path) && path.find(',') == std::string::npos) return cluster.folder;
  const auto folder = fs::path("/tmp") / ("strata-" + short_hash(cluster.folder.string() + '\n' + cluster.user.name));
  STRATA_CHECK(make_private_folder(folder, cluster.user));
  return folder;
}

// --- Making, starting and stopping

Result<fs::path> programs_for(const Cluster& cluster) {
  // A cluster of an older major version is served by its own programs as long as they are there.
  const auto version = read_file(cluster.data() / "PG_VERSION");
  const auto own = fs::path("/usr/lib/postgresql") / version.substr(0, version.find('\n')) / "bin";
  if (!version.empty() && std::getenv("STRATA_PG_BIN") == nullptr && has_programs(own)) return own;
  if (const auto found = find_server_programs()) return fs::path(*found);
  const char* given = std::getenv("STRATA_PG_BIN");
  return fail(ErrorCode::bad_config,
              "found no initdb and postgres for the embedded Postgres" +
                  (given == nullptr ? "" : " in STRATA_PG_BIN=" + std::string(given)),
              "install the server (Debian, Ubuntu: postgresql; Fedora: postgresql-server; Alpine: postgresql), set "
              "STRATA_PG_BIN to the folder of its programs, or name a database with --url");
}

Descriptor open_log(const Cluster& cluster) {
  return Descriptor(open(cluster.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
}

std::string end_of_log(const Cluster& cluster) {
  auto text = read_file(cluster.log());
  if (text.size() > 2000) text = "…" + text.substr(text.find('\n', text.size() - 2000));
  return cluster.log().string() + ":\n" + printable(text);
}

// Complete or not there: made beside its place and renamed. `trust` is safe, as only root and the user enter the
// folder. The programs hold the lock too: when strata is killed, the next command waits for them before it tidies up.
Result<void> make_data(const Cluster& cluster, const fs::path& programs, const Descriptor& lock) {
  const auto unfinished = cluster.folder / "data.new";
  std::error_code code;
  fs::remove_all(unfinished, code);
  if (code) return io_error("cannot remove", unfinished, code.value());

  const auto log = open_log(cluster);
  Program initdb{.output = log.get(), .held = lock.get()};
  initdb.arguments = {programs / "initdb", "-D", unfinished, "--username=strata", "--auth=trust", "--encoding=UTF8",
                      "--locale=C.UTF-8"};
  STRATA_TRY(const bool made, run(std::move(initdb), cluster.user));
  if (!made) return fail(ErrorCode::io_failed, "initdb failed; " + end_of_log(cluster));

  // In single-user mode, so that no half made cluster is ever served.
  const Descriptor sql(memfd_create("sql", MFD_CLOEXEC));
  constexpr std::string_view create_database = "CREATE DATABASE strata\n";
  if (pwrite(sql.get(), create_database.data(), create_database.size(), 0) < 0) return io_error("cannot write", "SQL");
  Program postgres{.input = sql.get(), .output = log.get(), .held = lock.get()};
  postgres.arguments = {programs / "postgres", "--single", "-D", unfinished, "-c", "exit_on_error=on", "template1"};
  STRATA_TRY(const bool created, run(std::move(postgres), cluster.user));
  if (!created) return fail(ErrorCode::io_failed, "cannot create the database; " + end_of_log(cluster));

  fs::rename(unfinished, cluster.data(), code);
  if (code) return io_error("cannot rename to data:", unfinished, code.value());
  return {};
}

bool somebody_listens(const fs::path& socket_file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_file.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<pid_t> spawn_postgres(const Cluster& cluster, const fs::path& programs, const fs::path& socket_folder) {
  // Postgres does not start while the pid in a left-over lock file is alive, whosever it is now. That no orphan of the
  // old server still works on the data is checked by its shared memory, which it finds without the file.
  for (const auto& file : {cluster.data() / "postmaster.pid", socket_folder / (std::string(socket_name) + ".lock")}) {
    const pid_t pid = std::abs(leading_pid(read_file(file)));
    if (pid > 0 && kill(pid, 0) == 0 && !is_server_of(pid, cluster.data())) unlink(file.c_str());
  }
  std::string quoted = "\"";  // the setting is a list of names
  for (const char c : socket_folder.string()) quoted += c == '"' ? "\"\"" : std::string(1, c);
  quoted += '"';
  const auto log = open_log(cluster);
  return spawn({.arguments = {programs / "postgres", "-D", cluster.data(), "-p", "5432", "-c", "listen_addresses=",
                              "-c", "unix_socket_directories=" + quoted, "-c", "unix_socket_permissions=0700", "-c",
                              "shared_buffers=32MB", "-c", "max_connections=100", "-c", "logging_collector=off"},
                .output = log.get()},
               cluster.user);
}

// Waits for a server that another command has begun to start or to stop; else starts one and waits for that.
Result<Postmaster> start(const Cluster& cluster, const fs::path& programs, const fs::path& socket_folder) {
  std::error_code code;
  const bool crashed = fs::exists(cluster.data() / "postmaster.pid", code);
  const auto began = SteadyClock::now();
  pid_t child = 0;
  while (SteadyClock::now() - began < start_deadline) {
    const auto server = find_postmaster(cluster.data());
    if (server && server->ready) return *server;
    if (!server && child == 0) {
      if (somebody_listens(socket_folder / socket_name)) {
        return fail(ErrorCode::unreachable, "a Postgres that is not seen from here works in " + cluster.data().string(),
                    "stop it where it was started: in another container, or before its folder was moved");
      }
      STRATA_TRY(child, spawn_postgres(cluster, programs, socket_folder));
    }
    // It may have given way to a server that a command since killed has begun to start.
    if (child != 0 && waitpid(child, nullptr, WNOHANG) == child) {
      const bool orphans_may_live = crashed && SteadyClock::now() - began < orphans_deadline;
      if (!orphans_may_live && !find_postmaster(cluster.data())) {
        return fail(ErrorCode::unreachable, "the embedded Postgres does not start; " + end_of_log(cluster));
      }
      child = 0;
      STRATA_CHECK(interrupt::sleep(milliseconds(100)));
    }
    STRATA_CHECK(interrupt::sleep(look_again));
  }
  return fail(ErrorCode::unreachable, "the embedded Postgres is not ready after 60 s; " + end_of_log(cluster),
              "it may still be recovering from a crash: run the command again");
}

Result<void> shut_down(const Postmaster& server, const fs::path& data) {
  for (const auto& [signal, patience] :
       {std::pair(SIGINT, fast_shutdown_deadline), {SIGQUIT, immediate_shutdown_deadline}}) {
    if (!is_server_of(server.pid, data)) return {};
    if (kill(server.pid, signal) != 0) {
      return io_error("cannot stop process " + std::to_string(server.pid) + ", the Postgres of", data);
    }
    const auto give_up = SteadyClock::now() + patience;
    while (SteadyClock::now() < give_up) {
      if (!is_server_of(server.pid, data)) return {};
      STRATA_CHECK(interrupt::sleep(look_again));
    }
  }
  return fail(ErrorCode::unreachable,
              "the embedded Postgres (process " + std::to_string(server.pid) + ") does not stop");
}

}  // namespace

EmbeddedServer::EmbeddedServer(std::string state_folder, std::string name)
    : state_folder_(std::move(state_folder)), name_(std::move(name)) {}

Result<DatabaseAddress> EmbeddedServer::ensure_running(DatabaseAddress address) {
  std::error_code code;
  if (const auto folder = fs::canonical(fs::path(state_folder_) / "pg" / name_, code); !code) {
    const auto server = find_postmaster(folder / "data");
    if (server && is_reachable(*server, folder / "data")) return address_of(*server, name_, std::move(address));
  }

  STRATA_CHECK(make_way(state_folder_));
  STRATA_CHECK(make_way(fs::path(state_folder_) / "pg"));
  const auto clusters = fs::canonical(fs::path(state_folder_) / "pg", code);
  if (code) return io_error("cannot resolve", state_folder_ + "/pg", code.value());
  STRATA_TRY(const auto held, lock(clusters / (name_ + ".lock")));
  STRATA_TRY(const auto cluster, open_cluster(clusters / name_));
  STRATA_TRY(const auto programs, programs_for(cluster));
  STRATA_TRY(const auto socket_folder, make_socket_folder(cluster));

  if (const auto server = find_postmaster(cluster.data())) {
    if (server->ready && !is_reachable(*server, cluster.data())) STRATA_CHECK(shut_down(*server, cluster.data()));
  } else {
    fs::rename(cluster.log(), cluster.log().string() + ".old", code);
  }
  if (!fs::exists(cluster.data(), code)) STRATA_CHECK(make_data(cluster, programs, held));
  STRATA_TRY(const auto server, start(cluster, programs, socket_folder));
  return address_of(server, name_, std::move(address));
}

Result<void> EmbeddedServer::stop() {
  std::error_code code;
  const auto clusters = fs::canonical(fs::path(state_folder_) / "pg", code);
  if (code) return {};
  STRATA_TRY(const auto held, lock(clusters / (name_ + ".lock")));
  const auto folder = fs::canonical(clusters / name_, code);
  if (code) return {};
  const auto server = find_postmaster(folder / "data");
  if (!server) return {};
  STRATA_CHECK(shut_down(*server, folder / "data"));
  if (server->socket_folder != folder) rmdir(server->socket_folder.c_str());
  return {};
}

EmbeddedStatus EmbeddedServer::status() const {
  EmbeddedStatus status;
  if (const auto programs = find_server_programs()) {  // "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
    std::istringstream words(ask({*programs + "/postgres", "--version"}));
    words >> status.version >> status.version >> status.version;
  }
  std::error_code code;
  const auto folder = fs::canonical(fs::path(state_folder_) / "pg" / name_, code);
  if (code) return status;
  status.folder = folder.string();
  status.exists = fs::exists(folder / "data", code);
  if (const auto server = find_postmaster(folder / "data")) {
    status.running = true;
    status.pid = server->pid;
    status.socket_folder = server->socket_folder.string();
  }
  return status;
}

std::optional<std::string> find_server_programs() {
  const auto if_complete = [](const fs::path& folder) {
    return has_programs(folder) ? std::optional(folder.string()) : std::nullopt;
  };
  if (const char* given = std::getenv("STRATA_PG_BIN")) return if_complete(given);

  if (const auto pg_config = find_in_path("pg_config"); !pg_config.empty()) {
    if (auto found = if_complete(ask({pg_config, "--bindir"}))) return found;
  }

  std::error_code code;
  std::pair<int, std::optional<std::string>> newest{0, std::nullopt};
  for (fs::directory_iterator entry("/usr/lib/postgresql", code), end; !code && entry != end; entry.increment(code)) {
    const int version = leading_pid(entry->path().filename());
    auto found = if_complete(entry->path() / "bin");
    if (found && version > newest.first) newest = {version, std::move(found)};
  }
  if (newest.second) return newest.second;

  const auto initdb = fs::canonical(find_in_path("initdb"), code);  // often a link into the folder that has them all
  return code ? std::nullopt : if_complete(initdb.parent_path());
}

}  // namespace strata
