// A password never appears in what strata says of a database: faults S6 and S7.
#include "core/config/database_address.h"

#include "tests/config/database_support.h"
#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;

namespace {

const std::vector<std::string> malformed_urls = {
    "postgresql://app:s3cr3t-canary@db:port/d",
    "postgresql://app:s3cr3t-canary@db:70000/d",
    "postgresql://app:s3cr3t-canary@[::1/d",
    "postgresql://app:s3cr3t-canary@[::1]x/d",
    "postgresql://app:s3cr3t-canary%zz@db/d",
    "postgresql://app:s3cr3t-canary%00@db/d",
    "postgresql://app:s3cr3t-canary#1@db/d",
    "postgresql://app:s3cr3t-canary@1@db/d",
    "postgresql://app:1@s3cr3t-canary@db/d",
    "postgresql://app:s3cr3t-canary/1@db/d",
    "postgresql://app:1/s3cr3t-canary@db/d",
    "postgresql://app:1@2/s3cr3t-canary@db/d",
    "postgresql://app:s3cr3t-canary?1@db/d",
    "postgresql://app:?s3cr3t-canary@db/d",
    "postgresql://app:?s3cr3t-canary=@db/d",
    "postgresql://app:s3cr3t-canary@db/d?sslmode",
    "postgresql://app:s3cr3t-canary@db/d?sslcolour=1",
    "postgresql://app:s3cr3t-canary@db/d?schema=",
    "mysql://app:s3cr3t-canary@db/d",
    "app:s3cr3t-canary@db/d",
    "postgresql:app:s3cr3t-canary=@db/d",
    "host=db password='s3cr3t-canary",
    "host=db password=1 s3cr3t-canary",
    "host=db pass=s3cr3t-canary",
};

}  // namespace

TEST_CASE("database secret: no malformed URL shows its password, wherever it came from", "[config]") {
  const TempDir folder;
  const auto url = GENERATE(from_range(malformed_urls));
  INFO(url);
  const auto file = "file:" + folder.write("url", url).string();
  const auto environment = environment_of({{"DATABASE_URL", url}});
  for (const auto& result : {find_database(config_with_url(""), "default", url, environment),
                             find_database(config_with_url(url), "default", "", environment),
                             find_database(config_with_url("env:DATABASE_URL"), "default", "", environment),
                             find_database(config_with_url(file), "default", "", environment),
                             find_database(config_with_url(""), "default", "", environment)}) {
    const auto error = error_of(result);
    CHECK(error.code == ErrorCode::bad_config);
    CHECK_THAT(shown(error), !Catch::Contains("s3cr3t") && !Catch::Contains("canary"));
  }
}

TEST_CASE("database secret: what may be printed of an address holds no password", "[config]") {
  const auto url = GENERATE(as<std::string>{}, "postgresql://app:s3cr3t-canary@db:5433/d?connection_limit=1",
                            "postgresql://app:s3cr3t%2Dcanary@db/d",
                            "postgresql://app@db/d?password=s3cr3t-canary&sslpassword=s3cr3t-canary",
                            "host=db user=app password=s3cr3t-canary", "");
  INFO(url);
  const auto environment =
      environment_of({{"POSTGRES_HOST", "db"}, {"POSTGRES_USER", "app"}, {"POSTGRES_PASSWORD", "s3cr3t-canary"}});
  const auto address = value_of(find_database(config_with_url(""), "default", url, environment));
  CHECK(std::count(address.parameters.begin(), address.parameters.end(),
                   std::pair<std::string, std::string>("password", "s3cr3t-canary")) == 1);
  std::string printed = address.described() + address.source + address.schema;
  for (const auto& note : address.notes) printed += note;
  CHECK_THAT(printed, Catch::Contains("app@db") && !Catch::Contains("s3cr3t") && !Catch::Contains("canary"));
}
