#include "core/base/files.h"

#include "core/base/stop_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace strata {

namespace fs = std::filesystem;

namespace {

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd), error_(fd < 0 ? errno : 0) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  int error() const { return error_; }  // 0: it is open

 private:
  int fd_;
  int error_;
};

// Opening waits for nobody: a FIFO without a writer is an empty file. Reading does: a pipe's writer may take its time.
int open_to_read(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) fcntl(fd, F_SETFL, 0);
  return fd;
}

// 0, or errno.
int write_all(const OpenFile& file, std::string_view text) {
  while (!text.empty()) {
    const auto size = write(file.fd(), text.data(), text.size());
    if (size < 0 && errno != EINTR) return errno;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return 0;
}

Result<std::string> read_all(const OpenFile& file, const std::string& path, const std::string& next, std::size_t most,
                             ErrorCode code) {
  const auto unreadable = [&](int error) {
    return fail(code, path + " cannot be read: " + std::strerror(error), next);
  };
  if (file.error() != 0) return unreadable(file.error());
  std::string text;
  char buffer[65'536];
  for (;;) {
    const auto size = read(file.fd(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(errno);
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > most) return fail(code, path + " is larger than " + std::to_string(most) + " bytes", next);
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, const std::string& next, std::size_t most, ErrorCode code) {
  return read_all(OpenFile(open_to_read(path)), path, next, most, code);
}

Result<std::string> read_private_file(const std::string& path, const std::string& next, std::size_t most) {
  const OpenFile file(open_to_read(path));  // opened once, so that what was looked at is what is read
  struct stat status {};
  if (fstat(file.fd(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ErrorCode::not_permitted, path + " is a secret, and others than its owner may read or write it",
                "chmod 600 " + path + "; where others may have read it already, make a new one");
  return read_all(file, path, next, most, ErrorCode::io_failed);
}

Result<void> write_file(const std::string& path, const std::string& text) {
  const auto cannot = [&](int error) {
    return fail(ErrorCode::io_failed, path + " cannot be written: " + std::strerror(error));
  };
  std::error_code failed;
  const fs::path target = path;
  // A link that somebody else put there, or committed, would lead to another file.
  if (fs::is_symlink(target, failed) && (fs::is_regular_file(target, failed) || !fs::exists(target, failed)))
    return fail(ErrorCode::io_failed, path + " is a symbolic link, and is not written through",
                "name the file itself, or remove the link");
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), failed);
  if (fs::exists(target, failed) && !fs::is_regular_file(target, failed)) {
    const OpenFile file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const int error = file.error() != 0 ? file.error() : write_all(file, text);
    return error == 0 ? Result<void>() : cannot(error);
  }
  // A name that nobody can have guessed, beside the file, so that it can take its place.
  auto written = path + ".XXXXXX";
  const OpenFile file(mkostemp(written.data(), O_CLOEXEC));
  int error = file.error();
  if (error == 0) {
    struct stat before {};
    const mode_t mask = umask(0);
    umask(mask);
    error = write_all(file, text);
    if (error == 0 && fchmod(file.fd(), stat(path.c_str(), &before) == 0 ? before.st_mode & 0777 : 0666 & ~mask) != 0)
      error = errno;
    if (error == 0 && fsync(file.fd()) != 0) error = errno;
    STRATA_STOP_POINT("file-written");
    if (error == 0 && rename(written.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) unlink(written.c_str());
    STRATA_STOP_POINT("file-replaced");
  }
  return error == 0 ? Result<void>() : cannot(error);
}

}  // namespace strata
