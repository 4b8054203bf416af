// Schemas small enough to stand in a table of tests, and what validation says about them.
#pragma once

#include "core/prisma/parse.h"
#include "core/prisma/validate.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace strata::prisma::test {

inline SchemaFile schema_file(const std::string& text, const std::string& owner = "base") {
  auto file = parse(text, owner + ".prisma", owner);
  if (!file)
    FAIL(file.error().where.line << ":" << file.error().where.column << " " << file.error().message << "\n" << text);
  return *file;
}

// `lines` as the content of model A, which begins in line 1 with an id in line 2; enum E has the values A and B.
inline std::string in_model(const std::string& lines) {
  return "model A {\n  id Int @id\n  " + lines + "\n}\nenum E {\n  A\n  B @map(\"bee\")\n}\n";
}

inline void check_accepted(const std::vector<SchemaFile>& files, const ValidateOptions& options = {}) {
  const auto valid = validate(files, options);
  if (!valid) FAIL_CHECK(valid.error().where.line << ":" << valid.error().where.column << " " << valid.error().message);
}
inline void check_accepted(const std::string& text) {
  INFO(text);
  check_accepted(std::vector{schema_file(text)});
}

inline void check_refused(const std::vector<SchemaFile>& files, int line, int column, const std::string& says,
                          const ValidateOptions& options = {}) {
  const auto valid = validate(files, options);
  REQUIRE_FALSE(valid);
  CHECK(valid.error().code == ErrorCode::bad_module);
  CHECK(valid.error().where.line == line);
  CHECK(valid.error().where.column == column);
  CHECK_THAT(valid.error().message, Catch::Contains(says));
}
inline void check_refused(const std::string& text, int line, int column, const std::string& says) {
  INFO(text);
  check_refused(std::vector{schema_file(text)}, line, column, says);
}

}  // namespace strata::prisma::test
