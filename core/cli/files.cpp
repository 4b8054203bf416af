#include "core/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace strata {

namespace fs = std::filesystem;

namespace {

class OpenFile {
 public:
  // Opening waits for nobody: a FIFO without a writer is an empty file. Reading does: a pipe's writer may take its
  // time.
  explicit OpenFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), error_(fd_ < 0 ? errno : 0) {
    if (fd_ >= 0) fcntl(fd_, F_SETFL, 0);
  }
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

Result<std::string> read_all(const OpenFile& file, const std::string& path, const std::string& next, std::size_t most) {
  const auto unreadable = [&](int error) {
    return fail(ErrorCode::io_failed, path + " cannot be read: " + std::strerror(error), next);
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
    if (text.size() > most)
      return fail(ErrorCode::io_failed, path + " is larger than " + std::to_string(most) + " bytes", next);
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, const std::string& next, std::size_t most) {
  return read_all(OpenFile(path), path, next, most);
}

Result<std::string> read_private_file(const std::string& path, const std::string& next, std::size_t most) {
  const OpenFile file(path);  // opened once, so that what was looked at is what is read
  struct stat status {};
  if (fstat(file.fd(), &status) == 0 && (status.st_mode & 077) != 0)
    return fail(ErrorCode::not_permitted, path + " is a secret, and others than its owner may read or write it",
                "chmod 600 " + path + "; where others may have read it already, make a new one");
  return read_all(file, path, next, most);
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::error_code failed;
  const fs::path target = path;
  // A link that somebody else put there, or committed, would lead to another file.
  if (fs::is_symlink(target, failed) && (fs::is_regular_file(target, failed) || !fs::exists(target, failed)))
    return fail(ErrorCode::io_failed, path + " is a symbolic link, and is not written through",
                "name the file itself, or remove the link");
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), failed);
  const bool in_place = fs::exists(target, failed) && !fs::is_regular_file(target, failed);
  const fs::path written = in_place ? target : fs::path(target.string() + ".new");
  errno = 0;
  std::ofstream file(written, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    failed = std::error_code(errno, std::generic_category());
  } else if (!in_place) {
    fs::rename(written, target, failed);
  }
  if (!failed) return {};
  if (std::error_code ignored; !in_place) fs::remove(written, ignored);
  return fail(ErrorCode::io_failed, path + " cannot be written: " + failed.message());
}

}  // namespace strata
