#include "core/config/secrets.h"

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;
using Secrets = std::map<std::string, std::string>;

TEST_CASE("secrets: each file of each vault is a secret, without its last line ends", "[config]") {
  const TempDir folder;
  folder.write("one/DATABASE_URL", "postgresql://x\r\n\n");
  folder.write("one/postgres-url", " blanks stay ");
  folder.write("two/EMPTY", "");
  folder.write("two/DATABASE_URL", "the later vault's");
  folder.write("README", "not in a vault");
  folder.write("two/deeper/X", "too deep");
  CHECK(value_of(read_secrets(folder.path().string())) ==
        Secrets{{"DATABASE_URL", "the later vault's"}, {"EMPTY", ""}, {"postgres-url", " blanks stay "}});
}

TEST_CASE("secrets: the links of a CSI volume are followed, and its own folders are none", "[config]") {
  const TempDir folder;
  folder.write("vault/..2026_11_25/POSTGRES_PASSWORD", "p@ss/w#rd?%:");
  std::filesystem::create_directory_symlink("..2026_11_25", folder.path() / "vault/..data");
  std::filesystem::create_symlink("..data/POSTGRES_PASSWORD", folder.path() / "vault/POSTGRES_PASSWORD");
  CHECK(value_of(read_secrets(folder.path().string())) == Secrets{{"POSTGRES_PASSWORD", "p@ss/w#rd?%:"}});
}

TEST_CASE("secrets: a folder that is not there, and a link that leads nowhere, are named", "[config]") {
  const TempDir folder;
  CHECK_THAT(error_of(read_secrets((folder.path() / "nowhere").string())).message, Contains("nowhere"));
  folder.write("vault/X", "x");
  std::filesystem::create_symlink("..data/GONE", folder.path() / "vault/GONE");
  const auto error = error_of(read_secrets(folder.path().string()));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.message, Contains("vault/GONE"));
}
