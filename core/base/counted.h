// A count with its noun, for people: "1 event", "3 events".
#pragma once

#include <cstddef>
#include <string>

namespace strata {

// `noun` in the singular; its plural takes an s.
inline std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace strata
