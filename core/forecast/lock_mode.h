// The modes of Postgres's table locks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace strata {

// From weak to strong; the numbers are Postgres's own.
enum class LockMode : std::uint8_t {
  none,
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive,
};

constexpr const char* name_of(LockMode mode) {
  constexpr const char* names[] = {
      "no lock", "ACCESS SHARE",        "ROW SHARE", "ROW EXCLUSIVE",   "SHARE UPDATE EXCLUSIVE",
      "SHARE",   "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"};
  return names[static_cast<std::size_t>(mode)];
}

// Who waits while somebody holds the lock; nobody where only other changes of the schema would.
constexpr const char* stops(LockMode mode) {
  if (mode == LockMode::access_exclusive) return "reads and writes";
  return mode >= LockMode::share ? "writes" : "";
}

}  // namespace strata
