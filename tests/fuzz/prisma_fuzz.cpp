// Any bytes as a schema: parsing ends, formatting is idempotent and changes no verdict, collating keeps it a schema.
#include "core/prisma/collate.h"
#include "core/prisma/format.h"
#include "core/prisma/parse.h"
#include "core/prisma/validate.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace strata::prisma;

namespace {

void demand(bool condition, const char* what, const std::string& text) {
  if (condition) return;
  std::fprintf(stderr, "%s:\n%s\n", what, text.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = parse({reinterpret_cast<const char*>(data), size}, "fuzz.prisma", "base");
  if (!file) {
    demand(file.error().where.line > 0 && file.error().where.column > 0, "an error without a place",
           file.error().message);
    return 0;
  }
  const auto formatted = format(*file);
  const auto again = parse(formatted, "fuzz.prisma", "base");
  demand(again.has_value(), "formatted text that cannot be parsed", formatted);
  demand(format(*again) == formatted, "formatting that is not idempotent", formatted);
  const auto verdict = validate({*file}, {});
  demand(verdict.has_value() == validate({*again}, {}).has_value(), "formatting that changes the verdict", formatted);
  demand(parse(collate({*file}, {}), "fuzz.prisma", "base").has_value(), "a collated schema that is none", formatted);
  return 0;
}
