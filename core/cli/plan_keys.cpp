#include "core/cli/plan_keys.h"

#include "core/base/files.h"

namespace strata {

namespace {
constexpr std::size_t most_key_bytes = 65'536;
constexpr std::size_t most_note_bytes = 1U << 20;
}  // namespace

Result<PlanFile> open_plan_file(const std::string& path) {
  STRATA_TRY(const auto text, read_file(path, "strata plan --out FILE writes one", most_plan_bytes));
  return read_plan_file(text, path);
}

Result<Note> open_note(const std::string& path) {
  STRATA_TRY(const auto text, read_file(path, "strata audit checkpoint -o FILE writes one", most_note_bytes));
  return read_note(text, path);
}

Result<std::vector<PrivateKey>> read_private_keys(const std::vector<std::string>& paths) {
  std::vector<PrivateKey> keys;
  for (const auto& path : paths) {
    STRATA_TRY(const auto pem,
               read_private_file(path, "openssl genpkey -algorithm ed25519 -out KEY.pem makes one", most_key_bytes));
    STRATA_TRY(auto key, PrivateKey::read(pem, path));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths) {
  std::vector<PublicKey> keys;
  for (const auto& path : paths) {
    STRATA_TRY(const auto pem,
               read_file(path, "openssl pkey -in KEY.pem -pubout -out PUB.pem writes one", most_key_bytes));
    STRATA_TRY(auto key, PublicKey::read(pem, path));
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace strata
