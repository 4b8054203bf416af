// One SQL file as strata understands it: statements with place, kind and whether they can run in a transaction.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// What a rerun can do with a statement that ran outside a transaction and may or may not have happened.
enum class Recovery {
  transactional,     // can run inside a transaction: it and the record of it commit together, no doubt is possible
  create_index,      // CREATE INDEX CONCURRENTLY: the catalog tells valid, INVALID or absent
  drop_index,        // DROP INDEX CONCURRENTLY: the catalog tells
  reindex,           // REINDEX … CONCURRENTLY: repeatable once left-overs (_ccnew, _ccold) are dropped
  detach_partition,  // ALTER TABLE … DETACH PARTITION … CONCURRENTLY: the catalog tells; FINALIZE completes it
  repeatable,        // VACUUM, ANALYZE, plain REINDEX, CLUSTER, ALTER SYSTEM, DISCARD, SET: may simply run again
  unknown,           // CALL, DO, CREATE DATABASE, what was not analysed …: only a person can tell
};

// What a statement leaves in its session, as far as its text tells. A run that goes on where another one ended, in a
// session of its own, has to have it too. (What a function does that a SELECT calls, nobody can tell.)
enum class SessionEffect {
  none,
  setting,  // SET, RESET, SELECT set_config('…', '…', false): running it again has the same effect
  bound,    // a temporary table, PREPARE, LOAD, a setting made inside DO or by a computed set_config: gone for good
};

// A relation as the statement names it; schema is empty where the name is not qualified. Folded as Postgres folds it.
struct RelationName {
  std::string schema;
  std::string name;
};

struct Statement {
  std::size_t offset = 0;  // into the text without BOM; of the first token
  std::size_t length = 0;  // up to the end of its last token, without the semicolon
  int line = 0;            // of the first token, from 1
  int column = 0;          // code points, from 1
  std::string text;        // those bytes
  std::string kind;        // its leading keywords, much like Postgres' command tag: "CREATE TABLE", "INSERT",
                           // "CREATE INDEX CONCURRENTLY"; of WITH and VALUES the "SELECT", "UPDATE", … that it is
  bool analysed = false;   // the grammar of libpg_query (Postgres 15) knows it, and it is not over a megabyte
  Recovery recovery = Recovery::transactional;
  // What to know about statements that run outside a transaction and about what they leave behind. Few statements have
  // them, and a file may have a million: hence pointers, null where there is none.
  std::shared_ptr<const RelationName> index;      // create_index, drop_index, reindex of an index: where it is named
  std::shared_ptr<const RelationName> table;      // create_index, reindex of a table; of detach_partition the parent
  std::shared_ptr<const RelationName> partition;  // detach_partition
  bool if_not_exists = false;  // CREATE INDEX CONCURRENTLY IF NOT EXISTS, DROP INDEX CONCURRENTLY IF EXISTS
  // COPY … FROM STDIN: the lines that follow it in the file, without the terminating \. line.
  std::optional<std::string> copy_data;

  SessionEffect session = SessionEffect::none;
  // False for what Postgres refuses inside a transaction block (facts: sql.md section 3).
  bool can_run_in_transaction = true;
};

// A name that mixes scripts or hides characters (lookalikes.h): legal, and worth a warning.
struct OddName {
  std::string name;
  int line = 0;  // from 1
  int column = 0;
};
std::string warning_about(const OddName& odd, std::string_view file);  // one line, not yet printable

struct Script {
  std::vector<Statement> statements;
  std::vector<OddName> odd_names;  // each once, at its first place; at most ten
  bool transactional = true;       // false: directive no-transaction, or it holds one statement alone that cannot be
  Digest fingerprint{};  // of all statements' tokens: blind to comments, blanks, line ends, BOM (fingerprint.h)

  // The fingerprint of the first `count` statements; of all where there are fewer.
  Digest fingerprint_of_first(std::size_t count) const;
};

// Reads a whole migration, repeatable, down.sql or verify.sql. `no_transaction` is as good as the directive in the
// text itself: a down.sql may inherit it. Fails with bad_migration at file:line:column for what check_source_text and
// read_directives refuse, and for: a lone CR outside a literal; a character that reorders what a reader sees, but in
// COPY data; an unterminated literal, dollar quote, comment or parenthesis; a psql meta-command (by name) or `\;` or
// psql variable; transaction control (BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION,
// SAVEPOINT is fine) in a transactional file and in one that is not as well; pg_advisory_unlock_all() and DISCARD ALL
// (they would drop strata's lock); a statement that cannot run in a transaction beside others without `no-transaction`
// (naming both lines); a directive after the first statement. A text without statements is an empty script, not an
// error.
Result<Script> read_script(std::string_view bytes, std::string_view file, bool no_transaction);

// The same fingerprint as read_script's, without reading the statements. The same for two texts that differ in
// comments, white space and line ends only; different as soon as a keyword, name, operator or literal is. Fails as
// read_script's split does.
Result<Digest> fingerprint_of(std::string_view bytes, std::string_view file);

}  // namespace strata
