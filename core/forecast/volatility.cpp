#include "core/forecast/volatility.h"

#include <algorithm>
#include <set>

namespace strata {

namespace {

// Volatile functions of Postgres 12 to 18 that return a value: provolatile = 'v' in pg_proc of schema pg_catalog, less
// those that look after files, replication, statistics and large objects. timezone(text, timetz), volatile up to 13, is
// left out: AT TIME ZONE is all but always asked of another type.
const std::set<std::string_view> volatile_functions = {
    "array_sample", "array_shuffle", "clock_timestamp",        "current_query",    "currval",     "gen_random_uuid",
    "lastval",      "nextval",       "pg_current_wal_lsn",     "pg_relation_size", "random",      "random_normal",
    "set_config",   "setval",        "pg_total_relation_size", "timeofday",        "txid_status", "uuidv4",
    "uuidv7"};

// The same of extensions that come with Postgres: pgcrypto and uuid-ossp.
const std::set<std::string_view> volatile_in_extensions = {"gen_random_bytes", "gen_salt", "uuid_generate_v1",
                                                           "uuid_generate_v1mc", "uuid_generate_v4"};

// Built-in functions that stand in defaults. Where there are extensions, a name that is in no list may be theirs.
const std::set<std::string_view> steady_functions = {"abs",
                                                     "age",
                                                     "array_fill",
                                                     "ceil",
                                                     "char_length",
                                                     "coalesce",
                                                     "concat",
                                                     "current_database",
                                                     "current_schema",
                                                     "current_setting",
                                                     "current_user",
                                                     "date_part",
                                                     "date_trunc",
                                                     "decode",
                                                     "encode",
                                                     "extract",
                                                     "floor",
                                                     "format",
                                                     "json_build_array",
                                                     "json_build_object",
                                                     "jsonb_build_array",
                                                     "jsonb_build_object",
                                                     "left",
                                                     "length",
                                                     "lower",
                                                     "lpad",
                                                     "make_date",
                                                     "make_interval",
                                                     "make_timestamp",
                                                     "make_timestamptz",
                                                     "md5",
                                                     "now",
                                                     "pg_backend_pid",
                                                     "replace",
                                                     "right",
                                                     "round",
                                                     "session_user",
                                                     "sha256",
                                                     "statement_timestamp",
                                                     "substring",
                                                     "timezone",
                                                     "to_char",
                                                     "to_date",
                                                     "to_json",
                                                     "to_jsonb",
                                                     "to_timestamp",
                                                     "to_tsvector",
                                                     "transaction_timestamp",
                                                     "trunc",
                                                     "txid_current",
                                                     "upper"};

bool has_extensions(const World& world) {
  for (const auto* extension : world.all(ObjectKind::extension)) {
    if (extension->name != "plpgsql") return true;
  }
  return false;
}

void look_at_call(const Node& call, const World& world, Volatility& found) {
  const auto written = written_name(strings_of(call["funcname"]));
  const auto own = world.functions_named(written);
  if (!own.empty() && written.schema != "pg_catalog") {
    const bool changes = std::any_of(
        own.begin(), own.end(), [](const auto* function) { return function->property("volatility") == "volatile"; });
    if (changes) found.changing = written.name;
    return;
  }
  if (volatile_functions.count(written.name) == 1 || volatile_in_extensions.count(written.name) == 1) {
    found.changing = written.name;
  } else if (written.schema != "pg_catalog" && steady_functions.count(written.name) == 0 && has_extensions(world)) {
    found.not_known = written.name;
  }
}

void look_at(const Node& node, const World& world, Volatility& found) {
  if (node.is("FuncCall")) look_at_call(node, world, found);
  for (const auto& [name, member] : node.members) look_at(member, world, found);
  for (const auto& item : node.items) look_at(item, world, found);
}

}  // namespace

Volatility volatility_of(const Node& expression, const World& world) {
  Volatility found;
  look_at(expression, world, found);
  return found;
}

}  // namespace strata
