#include "tests/prisma/schema_case.h"

using namespace strata::prisma;
using namespace strata::prisma::test;

namespace {

std::vector<SchemaFile> identity_and_cases() {
  return {
      schema_file("model User {\n  id Int @id\n  cases Case[]\n}\nenum Role {\n  ADMIN\n}\n", "identity"),
      schema_file(
          "model Case {\n  id Int @id\n  userId Int\n  user User @relation(fields: [userId], references: [id])\n}\n",
          "cases")};
}

ValidateOptions with(Visibility visibility) {
  return {.visibility = std::move(visibility)};
}

}  // namespace

TEST_CASE("modules: a foreign key goes to a module that is required", "[prisma]") {
  check_accepted(identity_and_cases(), with({{"cases", {"identity"}}}));
  check_refused(identity_and_cases(), 4, 8,
                "field user of Case refers to model User of module identity (identity.prisma:1:1), and module cases "
                "does not require that module",
                with({{"cases", {"onboarding"}}}));
}

TEST_CASE("modules: the other end of a relation does not count as use", "[prisma]") {
  // identity.prisma names Case, and identity does not require cases: Prisma wants the field there.
  check_accepted(identity_and_cases(), with({{"cases", {"identity"}}, {"identity", {}}}));
}

TEST_CASE("modules: a key the wrong way is refused though the other module requires this one", "[prisma]") {
  const std::vector files = {
      schema_file(
          "model User {\n  id Int @id\n  caseId Int\n  latest Case @relation(fields: [caseId], references: [id])\n}\n",
          "identity"),
      schema_file("model Case {\n  id Int @id\n  users User[]\n}\n", "cases")};
  check_refused(files, 4, 10, "field latest of User refers to model Case of module cases",
                with({{"cases", {"identity"}}}));
}

TEST_CASE("modules: an enum is used by modules that require its owner", "[prisma]") {
  const std::vector files = {schema_file("enum Role {\n  ADMIN\n}\n", "identity"),
                             schema_file("model Case {\n  id Int @id\n  role Role\n}\n", "cases")};
  check_accepted(files, with({{"cases", {"identity"}}}));
  check_refused(files, 3, 8, "field role of Case refers to enum Role of module identity", with({}));
}

TEST_CASE("modules: many to many is between modules one of which requires the other", "[prisma]") {
  const std::vector files = {schema_file("model User {\n  id Int @id\n  cases Case[]\n}\n", "identity"),
                             schema_file("model Case {\n  id Int @id\n  users User[]\n}\n", "cases")};
  check_accepted(files, with({{"cases", {"identity"}}}));
  check_refused(files, 3, 9, "field cases of User refers to model Case", with({}));
}

TEST_CASE("modules: the base module is seen by all, and sees none", "[prisma]") {
  const std::vector seen = {schema_file("enum Status {\n  OPEN\n}\n"),
                            schema_file("model Case {\n  id Int @id\n  status Status\n}\n", "cases")};
  check_accepted(seen, with({}));
  const std::vector sees = {schema_file("model Log {\n  id Int @id\n  status Status\n}\n"),
                            schema_file("enum Status {\n  OPEN\n}\n", "cases")};
  check_refused(sees, 3, 10, "and the base module does not require that module", with({}));
}
