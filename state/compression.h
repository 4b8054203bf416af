// zstd, for what the ledger keeps compressed: the texts that ran, and snapshots.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strata {

std::string compress(std::string_view text);  // one frame, which says how long `text` is
// nullopt: not one whole frame, damaged, or longer than SQLite can keep in a value.
std::optional<std::string> decompress(std::string_view frame);

}  // namespace strata
