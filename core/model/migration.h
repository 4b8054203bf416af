// What modules contribute, as plain values. Texts are the bytes as they lie in the file, BOM and line ends included.
#pragma once

#include "core/base/digest.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// The full id: `module/20260101090000_create_cases`; of a repeatable `module/case_summary`.
struct MigrationId {
  std::string module;
  std::string name;  // the folder's name, or the repeatable's file name without .sql

  std::string text() const { return module + "/" + name; }
  auto operator<=>(const MigrationId&) const = default;
};

std::optional<MigrationId> parse_migration_id(std::string_view text);  // nullopt: not of the form module/name

// [a-z][a-z0-9_]{0,62}
bool is_module_id(std::string_view text);
// <14 digits>_<[a-z0-9_]+>, at most 200 characters, the digits a calendar date and time.
bool is_migration_name(std::string_view text);

// What Prisma takes for a migration's folder: any name, up to 200 bytes (its code P3010), less what cannot be printed.
bool is_prisma_migration_name(std::string_view text);
// Prisma's order of migrations: JavaScript's localeCompare (CLDR root collation), which puts _ before - before . before
// digits before letters, and looks at the case of letters only where all else is equal. Beyond ASCII by code point.
bool precedes_in_prisma(std::string_view a, std::string_view b);

// The comment lines at the head of a migration (design 3.3).
struct Directives {
  struct Allowance {
    std::string hazard;  // "drop-column"
    std::string reason;
  };
  std::vector<MigrationId> needs;
  bool no_transaction = false;
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
  std::vector<Allowance> allows;
};

enum class MigrationKind { migration, repeatable };

struct Migration {
  MigrationId id;
  MigrationKind kind = MigrationKind::migration;
  std::string path;  // for messages: where the text lies, as the user would write it
  std::string sql;
  Digest sha256{};  // of `sql`
  Directives directives;
  std::optional<std::string> down_sql;    // down.sql
  std::optional<std::string> verify_sql;  // verify.sql

  // The first 14 digits of the name where it has them, else the name: what ties are broken by.
  std::string_view timestamp() const;
};

}  // namespace strata
