// Any bytes as a plugin's file, and as the bundle within: nothing outside of them is read, and what is accepted as a
// bundle is exactly what writing it again makes.
#include "core/discovery/bundle.h"
#include "plugins/host/elf.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace strata;

namespace {

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void try_bundle(std::string_view text) {
  auto parts = read_bundle(text, "fuzz.so");
  if (!parts) {
    demand(!parts.error().message.empty(), "a refusal that says nothing");
    return;
  }
  const auto written = write_bundle(*parts);
  demand(written && *written == text, "a bundle that is not in canonical form was accepted");
  const auto module = assemble_module(std::move(*parts));
  demand(module || !module.error().message.empty(), "a module refused without a word");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly its size: the address sanitizer sees each byte that is read beyond it.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try_bundle(bytes);
  const auto section = read_elf_section(bytes, ".strata.bundle", 64u << 20);
  if (!section) {
    demand(!section.error().message.empty(), "a refusal that says nothing");
    return 0;
  }
  const auto* begin = section->bytes.data();
  demand(begin >= bytes.data() && begin + section->bytes.size() <= bytes.data() + bytes.size(),
         "a section outside of the file");
  try_bundle(section->bytes);
  return 0;
}
