// A folder that a command makes because it was named on the command line: it is there with all that belongs into it, or
// not at all.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace strata {

// A file of the folder, written piece by piece. A disk that is full shows at close().
class NewFile {
 public:
  void add(std::string_view text);
  Result<Digest> close();  // SHA-256 of all of it

 private:
  friend class NewFolder;
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  NewFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  Hasher hasher_;
};

class NewFolder {
 public:
  // Refuses (refused) what is there already, unless it is an empty folder. Files go into a folder beside it whose name
  // nobody can have guessed; it is removed with this object, unless commit() has given it its name. Fails with
  // io_failed.
  static Result<NewFolder> begin(const std::string& path);
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder();

  // `name` is relative, and strata's own; folders on the way to it are made.
  Result<NewFile> open(const std::string& name);
  Result<Digest> write(const std::string& name, std::string_view text);
  Result<void> rename(const std::string& from, const std::string& to);
  // For what does not belong into it: where such a file may lie until commit(), which removes it.
  std::string spare_path() const;
  // All of it on the disk, then in its place.
  Result<void> commit();

 private:
  NewFolder(std::string path, std::string written) : path_(std::move(path)), written_(std::move(written)) {}
  std::string path_;
  std::string written_;  // where it is until commit(); empty afterwards
  std::string last_folder_;
};

}  // namespace strata
