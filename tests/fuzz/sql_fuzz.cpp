// Any bytes as a migration: reading ends; what is refused has a place; statements lie in the text in order, none over
// another; one statement alone is one statement; and the fingerprint is that of the statements, however it is taken.
#include "core/sql/directives.h"
#include "core/sql/script.h"
#include "core/sql/source_text.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace strata;

namespace {

void demand(bool condition, const char* what, std::string_view text) {
  if (condition) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto script = read_script(bytes, "fuzz.sql", true);
  const auto fingerprint = fingerprint_of(bytes, "fuzz.sql");
  if (!script) {
    const auto& error = script.error();
    demand(error.code == ErrorCode::bad_migration && !error.message.empty(), "an error that says nothing", bytes);
    demand(error.where.line > 0 && error.where.column > 0, "an error without a place", bytes);
    return 0;
  }
  const auto text = without_bom(bytes);
  demand(fingerprint && *fingerprint == script->fingerprint, "two fingerprints of one text", bytes);
  std::string joined;
  bool has_rows = false;
  std::size_t end = 0;
  for (const auto& statement : script->statements) {
    demand(statement.offset >= end && statement.length > 0, "statements over each other", bytes);
    end = statement.offset + statement.length;
    demand(end <= text.size() && text.substr(statement.offset, statement.length) == statement.text,
           "a statement that is not in the text", bytes);
    has_rows |= statement.copy_data.has_value();
    joined += statement.text + "\n;\n";
  }
  if (has_rows) return 0;  // rows belong below their statement and end it
  const auto again = read_script(joined, "fuzz.sql", true);
  demand(again.has_value(), "statements that cannot be read alone", joined);
  demand(again->statements.size() == script->statements.size(), "statements that come apart otherwise", joined);
  demand(again->fingerprint == script->fingerprint, "statements with another fingerprint", joined);
  return 0;
}
