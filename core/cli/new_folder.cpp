#include "core/cli/new_folder.h"

#include "core/base/escape.h"
#include "core/base/stop_point.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace strata {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> cannot(const std::string& path, int error) {
  return fail(ErrorCode::io_failed, printable(path) + " cannot be written: " + std::strerror(error));
}

// Opens a folder, lets `sync` do its work, and says what went wrong: 0, or errno.
int with_folder(const std::string& path, int (*sync)(int)) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno;
  const int error = sync(folder) != 0 ? errno : 0;
  close(folder);
  return error;
}

}  // namespace

void NewFile::add(std::string_view text) {
  hasher_.add(text);
  std::fwrite(text.data(), 1, text.size(), file_.get());
}

Result<Digest> NewFile::close() {
  const bool is_whole = std::ferror(file_.get()) == 0;
  const int error = std::fclose(file_.release()) != 0 || !is_whole ? errno : 0;
  if (error != 0) return cannot(path_, error);
  return hasher_.finish();
}

Result<NewFolder> NewFolder::begin(const std::string& path) {
  // The name without a slash at its end, so that what is beside it is beside it.
  auto target = fs::path(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  std::error_code failed;
  const auto status = fs::symlink_status(target, failed);
  if (fs::exists(status) && !fs::is_directory(status))
    return fail(ErrorCode::refused, printable(path) + " is there already, and is no folder",
                "name a folder that is new");
  if (fs::exists(status) && (!fs::is_empty(target, failed) || failed))
    return fail(ErrorCode::refused, printable(path) + " is not empty", "name a folder that is new, or empty this one");
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), failed);
  auto written = target.string() + ".XXXXXX";
  if (mkdtemp(written.data()) == nullptr) return cannot(path, errno);
  NewFolder folder(target.string(), written);
  const mode_t mask = umask(0);
  umask(mask);
  if (chmod(written.c_str(), 0777 & ~mask) != 0) return cannot(path, errno);
  return folder;
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::move(other.path_)),
      written_(std::exchange(other.written_, {})),
      last_folder_(std::move(other.last_folder_)) {}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!written_.empty()) fs::remove_all(written_, ignored);
}

Result<NewFile> NewFolder::open(const std::string& name) {
  const auto path = written_ + "/" + name;
  const auto folder = path.substr(0, path.rfind('/'));
  if (folder != last_folder_) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return cannot(path_ + "/" + name, failed.value());
    last_folder_ = folder;
  }
  std::FILE* file = std::fopen(path.c_str(), "wxe");  // never over another one
  if (file == nullptr) return cannot(path_ + "/" + name, errno);
  return NewFile(file, path_ + "/" + name);
}

Result<Digest> NewFolder::write(const std::string& name, std::string_view text) {
  STRATA_TRY(auto file, open(name));
  file.add(text);
  return file.close();
}

Result<void> NewFolder::rename(const std::string& from, const std::string& to) {
  if (std::rename((written_ + "/" + from).c_str(), (written_ + "/" + to).c_str()) != 0)
    return cannot(path_ + "/" + to, errno);
  return {};
}

std::string NewFolder::spare_path() const {
  return written_ + "/spare";
}

Result<void> NewFolder::commit() {
  std::error_code failed;
  fs::remove(spare_path(), failed);
  if (failed) return cannot(path_, failed.value());
  STRATA_STOP_POINT("folder-written");
  // One sync for all files: one for each would take minutes where there are a hundred thousand.
  int error = with_folder(written_, syncfs);
  if (error == 0 && std::rename(written_.c_str(), path_.c_str()) != 0) error = errno;
  if (error != 0) return cannot(path_, error);
  written_.clear();
  STRATA_STOP_POINT("folder-in-place");
  const auto parent = fs::path(path_).parent_path().string();
  if (error = with_folder(parent.empty() ? "." : parent, fsync); error != 0) return cannot(path_, error);
  return {};
}

}  // namespace strata
