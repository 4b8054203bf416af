// The files of the repository, without what is built or fetched.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace strata::test {

inline std::string text_of(const std::string& path) {
  std::ifstream file(std::string(STRATA_SOURCE_DIR "/") + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Regular files, as paths from the root, sorted.
inline std::vector<std::string> files_of_repository() {
  namespace fs = std::filesystem;
  const fs::path root = STRATA_SOURCE_DIR;
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const auto name = at->path().filename();
    const bool is_not_ours = name == ".git" || name == ".strata" || (at.depth() == 0 && name == "build") ||
                             fs::exists(at->path() / "CMakeCache.txt");
    if (at->is_directory() && is_not_ours) at.disable_recursion_pending();
    if (at->is_regular_file()) files.push_back(fs::relative(at->path(), root));
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}
inline bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace strata::test
