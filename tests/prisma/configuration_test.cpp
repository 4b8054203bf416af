#include "core/prisma/preview_features.h"

#include "tests/prisma/schema_case.h"

using namespace strata::prisma;
using namespace strata::prisma::test;

TEST_CASE("configuration: a datasource for PostgreSQL, with all that Prisma knows", "[prisma]") {
  check_accepted(
      "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n  directUrl = \"x\"\n  "
      "shadowDatabaseUrl = \"x\"\n"
      "  relationMode = \"prisma\"\n  extensions = [pgcrypto, uuidOssp(map: \"uuid-ossp\", schema: \"x\", version: "
      "\"1\")]\n}\n");
  check_accepted("datasource db {\n  provider = \"postgres\"\n}\n");
  check_accepted(
      "generator client {\n  provider = \"prisma-client\"\n  output = \"../x\"\n  engineType = env(\"X\")\n  list = "
      "[\"a\"]\n}\n");
}

TEST_CASE("configuration: what is no datasource of ours is refused", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"provider = \"mysql\"", 12, "the provider is \"mysql\"; strata knows \"postgresql\" only"},
      {"provider = postgresql", 12, "the provider is no string"},
      {"provider = [\"postgresql\"]", 12, "the provider is no string"},
      {"provider = env(\"X\")", 12, "the provider is no string"},
  }));
  check_refused("datasource db {\n" + line + "\n}\n", 2, column, says);
  check_refused("datasource db {\n}\n", 1, 1, "the datasource has no provider");
}

TEST_CASE("configuration: properties of the datasource", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"foo = 1", 1, "the datasource has no property \"foo\""},
      {"provider = \"postgresql\"", 1, "property \"provider\" is given twice"},
      {"schemas = []", 11, "schemas is an empty list"},
      {"schemas = a", 11, "property \"schemas\" is a list of strings"},
      {"schemas = [a]", 12, "property \"schemas\" is a list of strings"},
      {"schemas = [\"a\", \"a\"]", 17, "schema \"a\" is named twice"},
      {"relationMode = \"x\"", 16, "relationMode is neither"},
      {"relationMode = prisma", 16, "relationMode is neither"},
      {"extensions = [\"x\"]", 15, "extensions is a list of names"},
      {"extensions = [a(foo: \"1\")]", 17, "extensions is a list of names"},
      {"extensions = \"x\"", 14, "extensions is a list of names"},
  }));
  check_refused("datasource db {\nprovider = \"postgresql\"\n" + line + "\n}\n", 3, column, says);
}

TEST_CASE("configuration: a single value stands for a list of one", "[prisma]") {
  const std::string generator = "generator g {\n  provider = \"x\"\n  previewFeatures = \"postgresqlExtensions\"\n}\n";
  const auto* const line = GENERATE("schemas = \"a\"", "extensions = pg_trgm", "extensions = x(map: \"pg_trgm\")");
  check_accepted(generator + "datasource db {\n  provider = \"postgresql\"\n  " + line + "\n}\n");
}

TEST_CASE("configuration: one datasource in all files, and one if it is demanded", "[prisma]") {
  const std::string datasource = "datasource db {\n  provider = \"postgresql\"\n}\n";
  check_refused({schema_file(datasource), schema_file(datasource, "cases")}, 1, 1,
                "a datasource is defined by base (base.prisma:1:1) and by module cases (cases.prisma:1:1)");
  const ValidateOptions demanding{.demands_datasource = true};
  check_accepted({schema_file("enum E {\n  A\n}\n"), schema_file(datasource, "cases")}, demanding);
  check_refused({schema_file("enum E {\n  A\n}\n")}, 0, 0, "no schema file has a datasource", demanding);
  check_accepted({}, demanding);
}

TEST_CASE("configuration: generators have a provider and names of their own", "[prisma]") {
  check_refused("generator g {\n}\n", 1, 1, "generator g has no provider");
  check_refused("generator g {\n  provider = [\"x\"]\n}\n", 2, 14, "property \"provider\" of generator g is no string");
  check_refused("generator g {\n  provider = env(\"x\")\n  output = 1\n}\n", 3, 12, "property \"output\"");
  check_refused("generator Int {\n  provider = \"x\"\n}\n", 1, 11, "Int is a scalar type: no generator");
  check_refused("datasource Int {\n  provider = \"postgres\"\n}\n", 1, 12, "Int is a scalar type: no datasource");
  check_refused("generator g {\n  provider = \"x\"\n  provider = \"y\"\n}\n", 3, 3,
                "property \"provider\" is given twice");
  check_refused("generator g {\n  provider = \"x\"\n}\ngenerator g {\n  provider = \"x\"\n}\n", 4, 1,
                "generator g is defined by");
  check_refused("generator g {\n  provider = \"x\"\n  previewFeatures = [views]\n}\n", 3, 22,
                "property \"previewFeatures\" is a list of strings");
}

TEST_CASE("configuration: a preview feature is asked for by a generator, if there is one", "[prisma]") {
  const auto [feature, use, line, column] = GENERATE(table<std::string, std::string, int, int>({
      {"views", "view V {\n  id Int\n}\n", 5, 1},
      {"partialIndexes", "model A {\n  id Int @id\n  @@index([id], where: raw(\"x\"))\n}\n", 7, 24},
      {"postgresqlExtensions", "datasource db {\n  provider = \"postgresql\"\n  extensions = [pgcrypto]\n}\n", 7, 3},
  }));
  check_accepted(use);
  check_accepted("generator g {\n  provider = \"x\"\n  previewFeatures = [\"" + feature + "\"]\n}\n" + use);
  check_accepted("generator g {\n  provider = \"x\"\n  previewFeatures = [\"" + normal_feature(feature) + "\"]\n}\n" +
                 use);
  check_refused("generator g {\n  provider = \"x\"\n\n}\n" + use, line, column,
                "is a preview feature that no generator asks for");
}

TEST_CASE("configuration: preview features are those that Prisma knows", "[prisma]") {
  check_accepted("generator g {\n  provider = \"x\"\n  previewFeatures = [\"relationJoins\", \"multiSchema\"]\n}\n");
  check_refused("generator g {\n  provider = \"x\"\n  previewFeatures = [\"views\", \"joins\"]\n}\n", 3, 21,
                "there is no preview feature \"joins\"");
}
