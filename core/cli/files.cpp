#include "core/cli/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace strata {

namespace fs = std::filesystem;

Result<std::string> read_file(const std::string& path, const std::string& next) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::io_failed, path + " cannot be read", next);
  return text.str();
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::error_code failed;
  fs::path target = path;
  if (fs::is_symlink(target, failed)) target = fs::weakly_canonical(target, failed);
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
