// Schemas small enough to stand in a test, and the script that makes them.
#pragma once

#include "core/prisma/lower.h"
#include "core/prisma/parse.h"
#include "core/schema/render.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace strata::prisma::test {

inline SchemaFile parsed(const std::string& text, const std::string& path = "a.prisma",
                         const std::string& owner = "base") {
  auto file = parse(text, path, owner);
  if (!file) FAIL(file.error().where.line << ":" << file.error().where.column << " " << file.error().message);
  return *file;
}

inline DesiredSchema lowered(const std::vector<SchemaFile>& files) {
  auto schema = lower(files);
  if (!schema) FAIL(schema.error().where.line << " " << schema.error().message);
  return *schema;
}

inline std::string script_of(const std::string& text) {
  return creation_script(lowered({parsed(text)}));
}

// Without its first step, the schema "public", which is the same in most tests.
inline std::string script_in_public(const std::string& text) {
  const std::string first = "-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS \"public\";\n\n";
  const auto script = script_of(text);
  REQUIRE(script.starts_with(first));
  return script.substr(first.size());
}

// The steps of one kind, without their comment lines.
inline std::vector<std::string> steps_of(const std::string& text, const std::string& kind) {
  const auto script = "\n" + script_of(text) + "\n";
  const std::string begin = "\n-- " + kind + "\n";
  std::vector<std::string> steps;
  for (auto at = script.find(begin); at != std::string::npos; at = script.find(begin, at + 1)) {
    const auto statement = at + begin.size();
    steps.push_back(script.substr(statement, script.find(";\n\n", statement) + 1 - statement));
  }
  return steps;
}

// The line that `field` becomes in a table of its own, which has an id besides; enum E has the values X and "y y".
inline std::string column_of(const std::string& field) {
  const auto script =
      script_in_public("model T {\n  id Int @id\n  " + field + "\n}\nenum E {\n  X\n  Y @map(\"y y\")\n}\n");
  const std::string before =
      "-- CreateEnum\nCREATE TYPE \"E\" AS ENUM ('X', 'y y');\n\n"
      "-- CreateTable\nCREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL,\n";
  const std::string behind = ",\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n";
  REQUIRE(script.starts_with(before));
  REQUIRE(script.ends_with(behind));
  return script.substr(before.size(), script.size() - before.size() - behind.size());
}

}  // namespace strata::prisma::test
