#include "tests/support/canary.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace strata::test {

namespace fs = std::filesystem;

bool holds_canary(std::string_view text) {
  // Of base64 the part that is the same wherever the word begins in a text, for each of the three alignments.
  for (const std::string_view form : {"CANARY+passw0rd", "CANARY%2Bpassw0rd", "CANARY%2bpassw0rd",
                                      "Q0FOQVJZK3Bhc3N3MHJk", "NBTkFSWStwYXNzdzByZ", "DQU5BUlkrcGFzc3cwcm"}) {
    if (text.find(form) != std::string_view::npos) return true;
  }
  return false;
}

void refuse_canary(std::string_view text, const std::string& where) {
  if (!holds_canary(text)) return;
  std::fprintf(stderr, "the password of the tests came out: it is in %s\n", where.c_str());
  std::abort();
}

void refuse_canary_in(const fs::path& path) {
  const auto search = [](const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    refuse_canary(std::string{std::istreambuf_iterator<char>(stream), {}}, file.string());
  };
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return search(path);
  for (fs::recursive_directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed)) {
    // There pg_basebackup -R puts down how a standby gets to its primary, the password included.
    if (at->is_regular_file(failed) && at->path().filename() != "postgresql.auto.conf") search(at->path());
  }
}

}  // namespace strata::test
