// Any bytes as a database's URL: reading ends, what is wrong is said without the text, and what is read can be printed.
#include "core/config/database_address.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace strata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What a seed writes where passwords stand.
  constexpr std::string_view secret = "Canary-7";
  const auto address = parse_database_url({reinterpret_cast<const char*>(data), size});
  const auto told = address ? std::string() : address.error().message + address.error().next;
  if (told.find(secret) != std::string::npos || (!address && address.error().message.empty())) {
    std::fprintf(stderr, "a secret is told, or nothing at all: %s\n", told.c_str());
    std::abort();
  }
  for (const auto& note : address ? address->notes : std::vector<std::string>()) {
    if (note.find(secret) != std::string::npos) std::abort();
  }
  return 0;
}
