#include "core/config/database_address.h"

#include "tests/config/database_support.h"
#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

DatabaseAddress parsed(std::string_view url) {
  return value_of(parse_database_url(url));
}

Error refused(std::string_view url) {
  const auto error = error_of(parse_database_url(url));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_FALSE(error.next.empty());
  return error;
}

DatabaseAddress found(const std::string& url, const Variables& variables = {}) {
  return value_of(find_database(config_with_url(""), "default", url, environment_of(variables)));
}

}  // namespace

TEST_CASE("database address: a URL becomes libpq's parameters", "[config]") {
  CHECK(parsed("postgresql://app:secret@db.example:5433/casebook?sslmode=require&connect_timeout=5").parameters ==
        Parameters{{"user", "app"},
                   {"password", "secret"},
                   {"host", "db.example"},
                   {"port", "5433"},
                   {"dbname", "casebook"},
                   {"sslmode", "require"},
                   {"connect_timeout", "5"}});
  CHECK(parsed("postgres://db/casebook").parameters == Parameters{{"host", "db"}, {"dbname", "casebook"}});
  CHECK(parsed("postgresql://").parameters.empty());
}

TEST_CASE("database address: percent-encoding is undone in every part", "[config]") {
  CHECK(
      parsed("postgresql://us%40er:p%40ss%2Fw%23rd%3F%25%3A@h%2ehost/d%C3%A4ta?application%5Fname=a%26b").parameters ==
      Parameters{{"user", "us@er"},
                 {"password", "p@ss/w#rd?%:"},
                 {"host", "h.host"},
                 {"dbname", "däta"},
                 {"application_name", "a&b"}});
}

TEST_CASE("database address: IPv6, several hosts and unix sockets", "[config]") {
  CHECK(parsed("postgresql://[::1]:5433/d").parameters ==
        Parameters{{"host", "::1"}, {"port", "5433"}, {"dbname", "d"}});
  CHECK(parsed("postgresql://[fe80::1%25eth0]/d").parameters == Parameters{{"host", "fe80::1%eth0"}, {"dbname", "d"}});
  CHECK(parsed("postgresql://u@a:5432,[::1],b:5433/d").parameters ==
        Parameters{{"user", "u"}, {"host", "a,::1,b"}, {"port", "5432,,5433"}, {"dbname", "d"}});
  CHECK(parsed("postgresql://%2Frun%2Fpostgresql/d").parameters ==
        Parameters{{"host", "/run/postgresql"}, {"dbname", "d"}});
  CHECK(parsed("postgresql:///d?host=/run/postgresql").parameters ==
        Parameters{{"dbname", "d"}, {"host", "/run/postgresql"}});
}

TEST_CASE("database address: the later value wins, as it does for libpq", "[config]") {
  // Prisma's way to name a unix socket.
  const auto address = parsed("postgresql://app@localhost/d?host=/run/postgresql");
  CHECK(address.parameters == Parameters{{"user", "app"}, {"host", "/run/postgresql"}, {"dbname", "d"}});
  CHECK(address.described() == "app@/run/postgresql/d");
  CHECK(parsed("host=a host=b").parameters == Parameters{{"host", "b"}});
}

TEST_CASE("database address: Prisma's parameters are understood or ignored by name", "[config]") {
  const auto address =
      parsed("postgresql://db/d?schema=casebook&connection_limit=5&pgbouncer=true&pool_timeout=10&sslmode=prefer");
  CHECK(address.schema == "casebook");
  CHECK(address.parameters == Parameters{{"host", "db"}, {"dbname", "d"}, {"sslmode", "prefer"}});
  REQUIRE(address.notes.size() == 3);
  CHECK_THAT(address.notes[0], Contains("'connection_limit'"));
  CHECK_THAT(address.notes[1], Contains("'pgbouncer'"));
  CHECK_THAT(address.notes[2], Contains("'pool_timeout'"));
  CHECK(parsed("postgresql://db/d").schema == "public");
}

TEST_CASE("database address: Prisma's words for certificates mean what Prisma means by them", "[config]") {
  CHECK(parsed("postgresql://db/d?sslaccept=strict&sslmode=require&sslcert=ca.pem").parameters ==
        Parameters{{"host", "db"}, {"dbname", "d"}, {"sslmode", "verify-full"}, {"sslrootcert", "ca.pem"}});
  CHECK(parsed("postgresql://db/d?sslaccept=strict").parameters.back().first == "sslrootcert");
  CHECK(parsed("postgresql://db/d?sslaccept=accept_invalid_certs&sslmode=require").parameters ==
        Parameters{{"host", "db"}, {"dbname", "d"}, {"sslmode", "require"}});
  // With a key it is libpq's: the client's own certificate.
  CHECK(parsed("postgresql://db/d?sslcert=me.pem&sslkey=me.key").parameters ==
        Parameters{{"host", "db"}, {"dbname", "d"}, {"sslcert", "me.pem"}, {"sslkey", "me.key"}});
}

TEST_CASE("database address: a parameter that nobody knows is ignored, as Prisma does", "[config]") {
  const auto address = parsed("postgresql://db/d?uselibpqcompat=true&sslmode=no-verify");
  CHECK(address.parameters == Parameters{{"host", "db"}, {"dbname", "d"}, {"sslmode", "require"}});
  REQUIRE(address.notes.size() == 1);
  CHECK_THAT(address.notes[0], Contains("at character 19"));
}

TEST_CASE("database address: DATABASE_URL and complete parts that lead to different databases are refused",
          "[config]") {
  Variables variables{{"DATABASE_URL", "postgresql://one/d"},
                      {"POSTGRES_HOST", "two"},
                      {"POSTGRES_PORT", "5432"},
                      {"POSTGRES_USER", "app"},
                      {"POSTGRES_PASSWORD", "Canary-7"},
                      {"POSTGRES_DATABASE", "d"}};
  const auto error = error_of(find_database(config_with_url(""), "default", "", environment_of(variables)));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.message, Contains("one:5432/d") && Contains("two:5432/d") && !Contains("Canary-7"));
  variables["POSTGRES_HOST"] = "one";
  CHECK(found("", variables).source == "DATABASE_URL");
  variables["POSTGRES_HOST"] = "two";
  CHECK(found("env:DATABASE_URL", variables).described() == "one/d");
}

TEST_CASE("database address: DATABASE_URL counts before the parts, and says that they were not looked at", "[config]") {
  const auto address = found("", {{"DATABASE_URL", "postgresql://one/d"}, {"POSTGRES_HOST", "two"}});
  CHECK(address.described() == "one/d");
  REQUIRE(address.notes.size() == 1);
  CHECK_THAT(address.notes[0], Contains("POSTGRES_HOST"));
}

TEST_CASE("database address: an embedded Postgres of strata.toml counts before DATABASE_URL, and says so", "[config]") {
  const auto address = find_database(config_with_url("local:"), "default", "",
                                     environment_of({{"DATABASE_URL", "postgresql://h/d"}}));
  REQUIRE(address);
  REQUIRE(address->notes.size() == 1);
  CHECK_THAT(address->notes[0], Contains("DATABASE_URL is set as well"));
}

TEST_CASE("database address: line ends at the end of a secret are not part of it", "[config]") {
  const auto address =
      find_database(config_with_url(""), "default", "", environment_of({{"DATABASE_URL", "postgresql://h/d\r\n"}}));
  REQUIRE(address);
  CHECK(address->described() == "h/d");
  const auto parts = find_database(config_with_url(""), "default", "",
                                   environment_of({{"POSTGRES_HOST", "h\n"}, {"POSTGRES_DATABASE", "d\n"}}));
  REQUIRE(parts);
  CHECK(parts->described() == "h/d");
}

TEST_CASE("database address: libpq's keyword form is read", "[config]") {
  CHECK(parsed("host=db port = 5433").parameters == Parameters{{"host", "db"}, {"port", "5433"}});
  CHECK(parsed(R"(host=db password='p\'q\\ r' dbname=d)").parameters ==
        Parameters{{"host", "db"}, {"password", R"(p'q\ r)"}, {"dbname", "d"}});
  CHECK(parsed(" host=db\n dbname=d\tuser=u ").parameters ==
        Parameters{{"host", "db"}, {"dbname", "d"}, {"user", "u"}});
  CHECK(parsed("host='' dbname=d").parameters == Parameters{{"host", ""}, {"dbname", "d"}});
}

TEST_CASE("database address: a malformed URL is refused with the position", "[config]") {
  struct Case {
    std::string url;
    int position;
    std::string expected;
  };
  const auto example = GENERATE(values<Case>({
      {"mysql://db/d", 1, "postgresql://"},
      {"casebook", 1, "neither"},
      {"", 1, "neither"},
      {"postgresql://db:port/d", 17, "a port is a number"},
      {"postgresql://db:0/d", 17, "a port is a number"},
      {"postgresql://db:65536/d", 17, "a port is a number"},
      {"postgresql://a,b:123456/d", 18, "a port is a number"},
      {"postgresql://[::1/d", 14, "not closed"},
      {"postgresql://[::1]5432/d", 19, "expected ':'"},
      {"postgresql://u:p%2@db/d", 17, "two hexadecimal digits"},
      {"postgresql://u:p%zz@db/d", 17, "two hexadecimal digits"},
      {"postgresql://db/d%00", 18, "%00"},
      {"postgresql://u:p#w@db/d", 17, "%23"},
      {"postgresql://u:p@w@db/d", 17, "%40"},
      {"postgresql://u:1/w@db/d", 19, "%40"},
      {"postgresql://db/d?sslmode", 19, "'='"},
      {"postgresql://db/d?sslmood=blue", 19, "unknown parameter"},
      {"postgresql://db/d?schema=pg_temp", 19, "Postgres's own"},
      {"postgresql://db/d?schema=", 19, "'schema' is empty"},
      {"host=db colour=blue", 9, "unknown parameter"},
      {"host=db dbname", 15, "expected '='"},
      {"host=db user='u", 9, "not closed"},
  }));
  INFO(example.url);
  const auto message = refused(example.url).message;
  CHECK_THAT(message, Contains("at character " + std::to_string(example.position) + ":"));
  CHECK_THAT(message, Contains(example.expected));
}

TEST_CASE("database address: a flag goes before strata.toml, and that before the environment", "[config]") {
  auto config = config_with_url("postgresql://from-target/d");
  config.targets["prod"].url = "postgresql://from-prod/d";
  Variables variables = {
      {"DATABASE_URL", "postgresql://from-database-url/d"}, {"POSTGRES_HOST", "from-parts"}, {"PGHOST", "from-libpq"}};
  const auto find = [&](const std::string& target, const std::string& url) {
    return value_of(find_database(config, target, url, environment_of(variables)));
  };

  auto address = find("default", "postgresql://from-flag/d");
  CHECK(address.described() == "from-flag/d");
  CHECK(address.source == "--url");

  address = find("default", "");
  CHECK(address.described() == "from-target/d");
  CHECK(address.source == "[target.default] in strata.toml");
  CHECK(find("prod", "").described() == "from-prod/d");

  config.targets["default"].url.clear();
  address = find("default", "");
  CHECK(address.described() == "from-database-url/d");
  CHECK(address.source == "DATABASE_URL");

  variables["DATABASE_URL"] = "";  // set to nothing, as a Job's manifest may do it
  address = find("default", "");
  CHECK(address.described() == "from-parts/");
  CHECK_THAT(address.source, Contains("POSTGRES_"));

  variables.erase("POSTGRES_HOST");
  address = find("default", "");
  CHECK(address.parameters.empty());  // libpq reads its own variables itself
  CHECK_THAT(address.source, Contains("PG*"));

  variables.erase("PGHOST");
  const auto error = error_of(find_database(config, "default", "", environment_of(variables)));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.message, Contains("'default'"));
}

TEST_CASE("database address: the parts are handed on as parts", "[config]") {
  const auto address = found("", {{"POSTGRES_HOST", "db"},
                                  {"POSTGRES_PORT", "5433"},
                                  {"POSTGRES_USER", "app"},
                                  {"POSTGRES_PASSWORD", "p@ss/w#rd?%:"},
                                  {"POSTGRES_DATABASE", "casebook"}});
  CHECK(address.parameters ==
        Parameters{
            {"host", "db"}, {"port", "5433"}, {"user", "app"}, {"password", "p@ss/w#rd?%:"}, {"dbname", "casebook"}});
  CHECK(address.described() == "app@db:5433/casebook");
}

TEST_CASE("database address: env: and file: read the URL from elsewhere", "[config]") {
  const TempDir folder;
  const auto file = folder.write("url", "postgresql://from-file/d\n").string();
  CHECK(found("env:MY_URL", {{"MY_URL", "postgresql://from-env/d"}}).described() == "from-env/d");
  CHECK(found("env:MY_URL", {{"MY_URL", "postgresql://from-env/d"}}).source == "--url (MY_URL)");
  CHECK(found("file:" + file).described() == "from-file/d");
  CHECK(found("env:MY_URL", {{"MY_URL", "file:" + file}}).described() == "from-file/d");
  folder.write("url", "postgresql://from-windows/d\r\n");
  CHECK(found("file:" + file).described() == "from-windows/d");
}

TEST_CASE("database address: a variable or file that cannot be read is named", "[config]") {
  const auto error_with = [](const std::string& url, const Variables& variables = {}) {
    const auto error = error_of(find_database(config_with_url(url), "default", "", environment_of(variables)));
    CHECK(error.code == ErrorCode::bad_config);
    return error.message;
  };
  const TempDir folder;
  CHECK_THAT(error_with("env:NOT_SET"), Contains("NOT_SET") && Contains("[target.default]"));
  CHECK_THAT(error_with("env:EMPTY", {{"EMPTY", ""}}), Contains("EMPTY"));
  CHECK_THAT(error_with("file:/nowhere/url"), Contains("/nowhere/url"));
  CHECK_THAT(error_with("file:" + folder.path().string()),
             Contains("cannot be read") && Contains(folder.path().string()));
}

TEST_CASE("database address: a variable that leads to itself is refused", "[config]") {
  const TempDir folder;
  const auto file = folder.path() / "url";
  folder.write("url", "file:" + file.string());
  for (const auto& url : {std::string("env:DATABASE_URL"), "file:" + file.string()}) {
    const auto error = error_of(
        find_database(config_with_url(url), "default", "", environment_of({{"DATABASE_URL", "env:DATABASE_URL"}})));
    CHECK(error.code == ErrorCode::bad_config);
    CHECK_THAT(error.message, Contains("leads on"));
  }
}

TEST_CASE("database address: local: is the embedded Postgres, by name", "[config]") {
  CHECK(found("local:").embedded == "default");
  CHECK(found("local:").described() == "local:");
  CHECK(found("local:scratch-2").embedded == "scratch-2");
  CHECK(found("local:scratch-2").described() == "local:scratch-2");
  CHECK(found("local:").parameters.empty());
  for (const std::string name : {"../x", "A", "a b", "12345678901234567890123456789012345678901"}) {
    const auto url = "local:" + name;
    INFO(url);
    CHECK(error_of(find_database({}, "default", url, environment_of({}))).code == ErrorCode::bad_config);
  }
}

TEST_CASE("database address: a target that is not there is refused with those that are", "[config]") {
  auto config = config_with_url("local:");
  config.targets["prod"];
  const auto error =
      error_of(find_database(config, "production", "", environment_of({{"DATABASE_URL", "postgresql://db/d"}})));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.message, Contains("'production'") && Contains("default, prod"));
}

TEST_CASE("database address: it is described by user, host, port and database", "[config]") {
  CHECK(parsed("postgresql://app@db:5433/casebook").described() == "app@db:5433/casebook");
  CHECK(parsed("postgresql://app@db").described() == "app@db/app");  // as libpq takes it
  CHECK(parsed("postgresql:///d").described() == "(default host)/d");
}
