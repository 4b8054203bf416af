// A password that every URL of a test's Postgres carries, and that must come out nowhere: each program's output, each
// project's ledger and each server's files are searched for it when they end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace strata::test {

// As it stands in a URL. The servers trust their socket's owner, so no login needs it.
inline constexpr std::string_view canary_in_url = "CANARY%2Bpassw0rd";

// In plain, URL-encoded or base64 form.
bool holds_canary(std::string_view text);

// Ends the test program, saying where it was found.
void refuse_canary(std::string_view text, const std::string& where);
// The same for every file below a folder, or for one file.
void refuse_canary_in(const std::filesystem::path& path);

}  // namespace strata::test
