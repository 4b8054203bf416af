#include "plugins/host/plugin_library.h"

#include "plugins/host/elf.h"
#include "strata/plugin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace strata {

namespace {

constexpr std::size_t most_library_bytes = 64u << 20;  // reliability facts 4.1: plugins are at most 64 MiB
constexpr std::size_t most_bundle_bytes = 64u << 20;

std::string octal(mode_t mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3) text.push_back(static_cast<char>('0' + (mode >> shift & 7)));
  return text;
}

Result<void> check_owner(const std::string& path, const struct stat& status, bool is_ancestor) {
  const bool trusted_owner = status.st_uid == 0 || status.st_uid == geteuid();
  if (!trusted_owner) {
    return fail(
        ErrorCode::not_permitted,
        path + " belongs to user " + std::to_string(status.st_uid) + " (mode " + octal(status.st_mode) +
            "); a plugin, its folder and the folders above it must belong to root or to the user who runs strata (" +
            std::to_string(geteuid()) + ")",
        "chown " + std::to_string(geteuid()) + " " + path);
  }
  const bool others_write = (status.st_mode & S_IWOTH) != 0;
  const bool sticky = is_ancestor && (status.st_mode & S_ISVTX) != 0;
  if (others_write && !sticky) {
    return fail(ErrorCode::not_permitted,
                path + " can be written by everybody (owner " + std::to_string(status.st_uid) + ", mode " +
                    octal(status.st_mode) + "): a plugin from there could be anyone's",
                "chmod o-w " + path);
  }
  return {};
}

Result<void> check_folder_and_ancestors(const std::string& folder) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(folder, failed);
  if (failed) {
    return fail(ErrorCode::bad_config, "the plugin folder " + folder + " cannot be opened: " + failed.message(),
                "create it, or mend [project] plugins in strata.toml or --plugins");
  }
  for (auto path = real;; path = path.parent_path()) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
      return fail(ErrorCode::bad_config, "cannot look at " + path.string() + ": " + std::strerror(errno));
    }
    if (path == real && !S_ISDIR(status.st_mode)) {
      return fail(ErrorCode::bad_config, "the plugin folder " + folder + " is not a folder");
    }
    STRATA_CHECK(check_owner(path, status, path != real));
    if (path == path.parent_path()) return {};
  }
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::vector<std::string>> list_plugin_files(const std::string& folder) {
  STRATA_CHECK(check_folder_and_ancestors(folder));
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() == ".so") paths.push_back(at->path());
  }
  if (failed)
    return fail(ErrorCode::bad_config, "the plugin folder " + folder + " cannot be read: " + failed.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<PluginLibrary> read_plugin_library(const std::string& path) {
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::bad_module, path + " " + what, "rebuild the plugin with strata_add_module(), or remove it");
  };
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 && errno == ELOOP) return bad("is a symbolic link: name the library itself");
  if (file.get() < 0 || fstat(file.get(), &status) != 0)
    return bad(std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return bad("is no regular file");
  STRATA_CHECK(check_owner(path, status, false));
  if (static_cast<std::size_t>(status.st_size) > most_library_bytes) return bad("is larger than 64 MiB");

  PluginLibrary library{path, std::string(static_cast<std::size_t>(status.st_size), '\0'), {}, {}};
  std::size_t done = 0;
  while (done < library.bytes.size()) {
    const auto got = read(file.get(), library.bytes.data() + done, library.bytes.size() - done);
    if (got <= 0) return bad("became shorter while it was read");
    done += static_cast<std::size_t>(got);
  }
  auto section = read_elf_section(library.bytes, STRATA_BUNDLE_SECTION, most_bundle_bytes);
  if (!section) return bad(section.error().message);
  library.bundle = section->bytes;
  library.machine = section->machine;
  return library;
}

}  // namespace strata
