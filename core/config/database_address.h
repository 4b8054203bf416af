// Which database: from a flag, strata.toml or the environment (design 4.1). Secrets stay in `parameters`: everything
// else here may be printed.
#pragma once

#include "core/base/result.h"
#include "core/config/config.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata {

struct DatabaseAddress {
  std::vector<std::pair<std::string, std::string>> parameters;  // libpq's keywords; handed over as they are
  std::optional<std::string> embedded;  // the embedded Postgres of this name: `parameters` is empty then
  std::string schema = "public";        // Prisma's ?schema=: the search_path of migrations
  std::string source;                   // "--url", "[target.prod] in strata.toml", "DATABASE_URL", …
  std::vector<std::string> notes;       // Prisma's parameters that mean nothing here, by name
  bool from_file = false;               // a mounted secret, which a rotation may replace at any time
  // Reads where it comes from once more; empty: that cannot change.
  std::function<Result<DatabaseAddress>()> read_again{};

  std::string described() const;  // "user@host:5432/database": never a password
};

// Looks a variable up; nullopt: not set. The process's environment, but for tests.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// `url` is the value of `option` (an option or a file's key, as its messages name it), or empty. Fails with bad_config
// when nothing names a database, when a URL is malformed (position and what was expected; never the text itself, since
// a password may be in it), or when a file: or env: source cannot be read; with not_permitted when the password file
// that is named (passfile, PGPASSFILE) is open to others.
Result<DatabaseAddress> find_database(const Config& config, const std::string& target, const std::string& url,
                                      const Environment& environment, const std::string& option = "--url");

// Parses postgresql://… and libpq's keyword form "host=… dbname=…".
Result<DatabaseAddress> parse_database_url(std::string_view url);

}  // namespace strata
