#include "state/ledger_file.h"

#include "core/base/escape.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace strata {

namespace {

namespace fs = std::filesystem;

constexpr const char* another_path = "name another file with --ledger";

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

tl::unexpected<Error> cannot(const std::string& what, const std::string& path, int error) {
  return fail(ErrorCode::bad_ledger,
              "the ledger " + printable(path) + " cannot be " + what + ": " + std::strerror(error),
              "make its folder writable, name another file with --ledger, or go on without one with --ledger none");
}

fs::path folder_of(const std::string& path) {
  auto folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

}  // namespace

Result<bool> ledger_is_at(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return fail(ErrorCode::bad_ledger,
                "the ledger " + printable(path) + " cannot be looked at: " + std::strerror(errno), another_path);
  }
  if (S_ISREG(status.st_mode)) return true;
  return fail(ErrorCode::bad_ledger, printable(path) + " is " + kind_of(status.st_mode) + ", not a ledger",
              another_path);
}

Result<void> make_ledger_file(const std::string& path) {
  std::vector<fs::path> made;
  std::error_code error;
  for (auto folder = folder_of(path); !fs::exists(folder, error) && folder.has_relative_path();
       folder = folder.parent_path()) {
    made.push_back(folder);
  }
  fs::create_directories(folder_of(path), error);
  if (error) return cannot("created", path, error.value());
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0 && errno != EEXIST) return cannot("created", path, errno);
  if (file >= 0) ::close(file);
  for (const auto& each : made) STRATA_CHECK(sync_folder_of(each.string()));
  return {};
}

Result<void> sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return cannot("created", path, errno);
  const int failed = ::fsync(folder) != 0 ? errno : 0;
  ::close(folder);
  if (failed != 0) return cannot("created", path, failed);
  return {};
}

Result<std::string> resolve_ledger_path(const std::string& path) {
  std::error_code error;
  const auto folder = fs::canonical(folder_of(path), error);
  if (error) return cannot("opened", path, error.value());
  return (folder / fs::path(path).filename()).string();
}

bool ledger_is_writable(const std::string& path) {
  return ::access(path.c_str(), W_OK) == 0 && ::access(folder_of(path).c_str(), W_OK | X_OK) == 0;
}

std::string network_file_system(const std::string& path) {
  // statfs(2), f_type.
  constexpr std::pair<unsigned, const char*> kinds[] = {
      {0x6969, "NFS"},    {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},    {0x517b, "SMB"},     {0x5346414f, "AFS"},
      {0x01021997, "9P"}, {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"}};
  struct statfs status {};
  if (::statfs(folder_of(path).c_str(), &status) != 0) return {};
  for (const auto& [number, name] : kinds) {
    if (static_cast<unsigned>(status.f_type) == number) return name;
  }
  return {};
}

std::string lock_holder(const std::string& path) {
  struct stat status {};
  const std::string unknown = "another process";
  if (stat(path.c_str(), &status) != 0) return unknown;
  const auto inode = ":" + std::to_string(status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // 1: POSIX  ADVISORY  WRITE 4711 fe:01:1835014 1073741825 1073741825
    std::istringstream words(line);
    std::string number, type, mode, access, file;
    long process = 0;
    words >> number >> type >> mode >> access >> process >> file;
    if (type != "POSIX" || process <= 0 || process == getpid() || !file.ends_with(inode)) continue;
    std::string name;
    std::getline(std::ifstream("/proc/" + std::to_string(process) + "/comm"), name);
    return "process " + std::to_string(process) + (name.empty() ? "" : " (" + printable(name) + ")");
  }
  return unknown;
}

}  // namespace strata
