// Any bytes as a plan file: reading ends, what is refused is said in words that can be printed, and what is taken is
// written again as the very same bytes, whose digest and signatures can be asked for.
#include "core/base/escape.h"
#include "core/plan/plan_file.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace strata;

namespace {

void demand(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto file = read_plan_file(input, "a.plan");
  if (!file) {
    const auto& error = file.error();
    demand(error.code == ErrorCode::bad_plan && !error.next.empty(), "a refusal of another kind: " + error.message);
    demand(error.message.starts_with("a.plan ") && printable(error.message) == error.message,
           "a refusal that cannot be printed, or names no file: " + error.message);
    return 0;
  }
  const auto again = write_plan_file(*file);
  demand(again && *again == input, "a plan that is written in other bytes than it was read from");
  demand(input.find(signed_text(*file)) == 9, "what is signed does not stand in the second line");
  const auto verdict = require_signature(*file, {});
  demand(!verdict && verdict.error().code == ErrorCode::not_permitted, "a signature that nobody asked for passes");
  demand(differing_modules(*file, {}).size() == file->modules.size(), "a module that is gone is not told");
  return 0;
}
