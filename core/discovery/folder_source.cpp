#include "core/discovery/folder_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cstring>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <thread>

namespace strata {

namespace {

namespace fs = boost::filesystem;

// reliability facts M19: Postgres itself fails at about 1 GB; data of that size is loaded with COPY, not by a
// migration.
constexpr off_t most_file_bytes = 256 << 20;

tl::unexpected<Error> bad(const std::string& path, const std::string& what, std::string next = {}) {
  return fail(ErrorCode::bad_module, path + " " + what, std::move(next));
}

Result<std::string> read_regular_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return bad(path, std::string("cannot be read: ") + std::strerror(errno), "check that it is there and readable");
  struct stat status {};
  std::string bytes;
  std::string problem;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    problem = "is no regular file";
  } else if (status.st_size > most_file_bytes) {
    problem = "is larger than 256 MiB; load data of that size with COPY or pg_restore, not with a migration";
  } else {
    bytes.resize(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (problem.empty() && done < bytes.size()) {
      const auto got = read(fd, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) problem = "changed while it was read";
      done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
  }
  close(fd);
  if (!problem.empty()) return bad(path, problem);
  return bytes;
}

constexpr int deepest_schema = 20;  // folders in a project's schema/, as Prisma reads it; a loop of links ends here

// The file that marks a migrations folder as Prisma's.
constexpr const char* prisma_lock = "migration_lock.toml";

bool is_prisma_folder(const std::string& migrations) {
  boost::system::error_code failed;
  return fs::exists(migrations + "/" + prisma_lock, failed);
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// Reads all files below a folder of a module into `files`, with paths that begin with `prefix`. With readdir, since the
// type that comes with each name spares a call for every file of a project that may have thousands.
class FolderReader {
 public:
  // `prisma`: its migrations are read as Prisma reads them, which looks at the folders in it and at nothing else.
  FolderReader(std::string root, bool prisma) : root_(std::move(root)), prisma_(prisma) {}

  // `name` lies in the root itself and need not be there.
  Result<void> read_if_there(const std::string& name, std::vector<SourceFile>& files) const {
    const auto path = root_ + "/" + name;
    boost::system::error_code failed;
    if (fs::symlink_status(path, failed).type() == fs::file_not_found) return {};
    STRATA_CHECK(check_link(path));
    return read(path, name + "/", 1, files);
  }

  // A symbolic link must lead to something inside the root.
  Result<void> check_link(const std::string& path) const {
    boost::system::error_code failed;
    if (fs::symlink_status(path, failed).type() != fs::symlink_file) return {};
    const auto target = fs::canonical(path, failed).string();
    if (failed) return bad(path, "is a symbolic link that leads nowhere");
    const auto root = fs::canonical(root_, failed).string() + "/";
    if (target.compare(0, root.size(), root) != 0) {
      return bad(path, "is a symbolic link that leads out of " + root_, "put the file itself there");
    }
    return {};
  }

  Result<void> read(const std::string& folder, const std::string& prefix, int depth,
                    std::vector<SourceFile>& files) const {
    const std::unique_ptr<DIR, CloseFolder> listing(opendir(folder.c_str()));
    if (!listing) return bad(folder, std::string("cannot be read: ") + std::strerror(errno));
    std::vector<Entry> entries;
    while (const auto* entry = readdir(listing.get())) {
      if (!passes_over(entry->d_name, entry->d_type, folder, prefix))
        entries.emplace_back(entry->d_name, entry->d_type);
    }
    std::sort(entries.begin(), entries.end());
    // Hundreds of small files are mostly waiting for the kernel, which can serve several threads at once.
    if (entries.size() < 2 * entries_per_thread) return read_entries(folder, prefix, depth, entries, files);
    const auto threads = std::min<std::size_t>(
        {4, std::max(1u, std::thread::hardware_concurrency()), entries.size() / entries_per_thread});
    const auto share = (entries.size() + threads - 1) / threads;
    std::vector<std::future<Result<std::vector<SourceFile>>>> parts;
    for (std::size_t from = 0; from < entries.size(); from += share) {
      const auto part = std::span(entries).subspan(from, std::min(share, entries.size() - from));
      parts.push_back(
          std::async(std::launch::async, [this, &folder, &prefix, depth, part]() -> Result<std::vector<SourceFile>> {
            std::vector<SourceFile> read_here;
            STRATA_CHECK(read_entries(folder, prefix, depth, part, read_here));
            return read_here;
          }));
    }
    std::optional<Error> first_error;  // in the order of names, as one thread would find it
    for (auto& part : parts) {
      auto read_there = part.get();
      if (!read_there && !first_error) first_error = std::move(read_there.error());
      if (read_there) std::move(read_there->begin(), read_there->end(), std::back_inserter(files));
    }
    if (first_error) return fail(std::move(*first_error));
    return {};
  }

 private:
  using Entry = std::pair<std::string, unsigned char>;  // name, type as readdir tells it
  static constexpr std::size_t entries_per_thread = 64;

  bool passes_over(std::string_view name, unsigned char type, const std::string& folder,
                   std::string_view prefix) const {
    if (name == "." || name == "..") return true;
    if (!prisma_ || prefix.substr(0, 11) != "migrations/")
      return name[0] == '.' || name == "README.md" || name == "CMakeLists.txt";
    if (prefix.size() > 11) return name != "migration.sql" && name != "down.sql" && name != "verify.sql";
    if (name == prisma_lock) return false;
    boost::system::error_code failed;
    return type == DT_UNKNOWN
               ? fs::symlink_status(folder + "/" + std::string(name), failed).type() != fs::directory_file
               : type != DT_DIR;
  }

  Result<void> read_entries(const std::string& folder, const std::string& prefix, int depth,
                            std::span<const Entry> entries, std::vector<SourceFile>& files) const {
    for (const auto& [name, type] : entries) {
      const auto path = folder + "/" + name;
      bool is_folder = type == DT_DIR;
      if (type == DT_LNK || type == DT_UNKNOWN) {
        boost::system::error_code failed;
        STRATA_CHECK(check_link(path));
        is_folder = fs::is_directory(path, failed);
      }
      if (is_folder) {
        // One level deeper than a module can have is enough to name the stray file; a loop of links ends here too.
        if (depth == 3) return bad(path, "lies deeper than anything that belongs to a module");
        const auto before = files.size();
        STRATA_CHECK(read(path, prefix + name + "/", depth + 1, files));
        if (files.size() == before)
          return bad(path, std::string("holds nothing that belongs to a module") + (prisma_ ? " [P3015]" : ""),
                     "add migration.sql, or remove the folder");
        continue;
      }
      STRATA_TRY(auto bytes, read_regular_file(path));
      auto digest = sha256(bytes);
      files.push_back({prefix + name, std::move(bytes), digest});
    }
    return {};
  }

  std::string root_;
  bool prisma_;
};

void sort_by_path(std::vector<SourceFile>& files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

}  // namespace

Result<ModuleParts> read_module_folder(const std::string& folder) {
  ModuleParts parts;
  parts.path = folder;
  parts.is_prisma = is_prisma_folder(folder + "/migrations");
  const FolderReader reader(folder, parts.is_prisma);
  STRATA_CHECK(reader.check_link(folder + "/module.toml"));
  STRATA_TRY(const auto toml, read_regular_file(folder + "/module.toml"));
  STRATA_TRY(parts.manifest, parse_manifest(toml, folder + "/module.toml"));
  for (const std::string name : {"migrations", "repeatable", "schema"})
    STRATA_CHECK(reader.read_if_there(name, parts.files));
  sort_by_path(parts.files);
  return parts;
}

Result<ModuleParts> read_base_folder(const std::string& folder, const std::string& schema, bool prisma) {
  ModuleParts parts;
  parts.is_prisma = prisma || is_prisma_folder(folder);
  parts.path = folder;
  parts.is_migrations_folder = true;
  parts.manifest.id = base_module_id;
  parts.manifest.version = "0.0.0";
  parts.base_schema = schema;
  boost::system::error_code failed;
  if (fs::exists(folder, failed))
    STRATA_CHECK(FolderReader(folder, parts.is_prisma).read(folder, "migrations/", 1, parts.files));
  if (fs::is_directory(schema, failed)) {
    STRATA_CHECK(FolderReader(schema, false).read(schema, "schema/", -deepest_schema, parts.files));
  } else if (fs::exists(schema, failed)) {
    STRATA_TRY(auto bytes, read_regular_file(schema));
    auto digest = sha256(bytes);
    parts.files.push_back({"schema/" + fs::path(schema).filename().string(), std::move(bytes), digest});
  }
  sort_by_path(parts.files);
  return parts;
}

}  // namespace strata
