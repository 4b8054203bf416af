#include "state/sqlite.h"

#include "core/base/escape.h"
#include "state/ledger_file.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace strata {

namespace {

constexpr int busy_timeout_ms = 5'000;

// A null pointer would bind NULL instead of an empty value.
const char* data_of(std::string_view bytes) {
  return bytes.data() != nullptr ? bytes.data() : "";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* held) const {
  sqlite3_finalize(held);
}

void Statement::rewind() {
  sqlite3_reset(held_.get());
  trouble_ = SQLITE_OK;
}

void Statement::bind(int index, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(held_.get(), index, value); trouble_ == SQLITE_OK) trouble_ = code;
}

void Statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(held_.get(), index, data_of(text), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (trouble_ == SQLITE_OK) trouble_ = code;
}

void Statement::bind(int index, Bytes value) {
  const int code = sqlite3_bind_blob64(held_.get(), index, data_of(value.bytes), value.bytes.size(), SQLITE_TRANSIENT);
  if (trouble_ == SQLITE_OK) trouble_ = code;
}

Result<bool> Statement::step() {
  const int code = trouble_ == SQLITE_OK ? sqlite3_step(held_.get()) : trouble_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(database_->error(code));
}

Result<void> Statement::run() {
  for (;;) {
    STRATA_TRY(const bool row, step());
    if (!row) return {};
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(held_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(held_.get(), column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(held_.get(), column))};
}

std::string_view Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(held_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(held_.get(), column))};
}

void Sqlite::Close::operator()(sqlite3* held) const {
  sqlite3_close_v2(held);
}

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& file, std::string name, Access access) {
  // Opened for writing with read_only too: only so can SQLite undo what a killed writer left. Where the place is
  // read-only it falls back by itself, and query_only keeps our word where it is not.
  sqlite3* held = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &held, flags, nullptr);
  std::unique_ptr<Sqlite> database(new Sqlite(held, std::move(name)));
  if (code != SQLITE_OK) return fail(database->error(code));
  sqlite3_busy_timeout(held, busy_timeout_ms);
  sqlite3_db_config(held, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  STRATA_CHECK(database->run(
      "PRAGMA trusted_schema = off; PRAGMA cell_size_check = on; PRAGMA mmap_size = 0; PRAGMA foreign_keys = on; "
      "PRAGMA recursive_triggers = on; PRAGMA synchronous = full; PRAGMA journal_mode = truncate"));
  if (access == Access::read_only) STRATA_CHECK(database->run("PRAGMA query_only = on"));
  return database;
}

Result<std::unique_ptr<Sqlite>> Sqlite::open_in_memory() {
  sqlite3* held = nullptr;
  const int code = sqlite3_open_v2(":memory:", &held, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Sqlite> database(new Sqlite(held, ":memory:"));
  if (code != SQLITE_OK) return fail(database->error(code));
  return database;
}

Result<void> Sqlite::run(const std::string& sql) {
  const int code = sqlite3_exec(held_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Result<Statement> Sqlite::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(held_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return Statement(*this, statement);
}

Result<std::int64_t> Sqlite::integer(std::string_view sql) {
  STRATA_TRY(auto statement, prepare(sql));
  STRATA_CHECK(statement.step());
  return statement.integer(0);
}

Result<void> Sqlite::copy_to(const std::string& file) {
  sqlite3* held = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &held,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<Sqlite> copy(new Sqlite(held, file));
  if (opened != SQLITE_OK) return fail(copy->error(opened));
  auto* backup = sqlite3_backup_init(held, "main", held_.get(), "main");
  if (backup == nullptr) return fail(copy->error(sqlite3_errcode(held)));
  sqlite3_backup_step(backup, -1);
  if (const int done = sqlite3_backup_finish(backup); done != SQLITE_OK) return fail(copy->error(done));
  return {};
}

bool Sqlite::has_moved() const {
  int moved = 0;
  sqlite3_file_control(held_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

// SQLite has already rolled back by itself after some errors; then this one has nothing to do.
void Sqlite::roll_back() {
  sqlite3_exec(held_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Sqlite::flush() {
  const int code = sqlite3_db_cacheflush(held_.get());
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

// What a result code means for whoever runs strata.
Error Sqlite::error(int code) const {
  if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM || !held_) throw std::bad_alloc();
  const std::string ledger = "the ledger " + printable(name_);
  int system =
      0;  // of the last call on the file that failed; sqlite3_system_errno() is overwritten while SQLite rolls back
  if (sqlite3_file_control(held_.get(), "main", SQLITE_FCNTL_LAST_ERRNO, &system); system == 0) {
    system = sqlite3_system_errno(held_.get());
  }
  // A call that is no statement leaves the message of the last one that was.
  const bool told = sqlite3_extended_errcode(held_.get()) == code;
  const std::string reason = system != 0 ? std::strerror(system)
                             : told      ? sqlite3_errmsg(held_.get())
                                         : sqlite3_errstr(code);
  const std::string rebuild = "strata audit pull --replace rebuilds it from Postgres and keeps this file beside it";
  const std::string elsewhere = "name another file with --ledger, or go on without one with --ledger none";
  const auto bad = [&](const std::string& what, const std::string& next) {
    return Error{.code = ErrorCode::bad_ledger, .message = ledger + what, .next = next};
  };
  const bool no_room = code == SQLITE_FULL || system == ENOSPC || system == EDQUOT || system == EFBIG;
  switch (code & 0xff) {
    case SQLITE_BUSY:
      return {
          .code = ErrorCode::lock_unavailable,
          .message = ledger + " is in use by " + lock_holder(sqlite3_db_filename(held_.get(), "main")) + "; waited 5 s",
          .next = "run the same command again when that has ended"};
    case SQLITE_NOTADB:
      return bad(" is not a SQLite file", "name another file with --ledger; or " + rebuild);
    case SQLITE_CORRUPT:
      return bad(" is damaged: " + std::string(sqlite3_errmsg(held_.get())), rebuild);
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_ROLLBACK) {
        return bad(
            " cannot be read here: a killed run left its journal beside it, and undoing it needs to write",
            "open it once where both files can be written (strata audit verify does), or copy both to such a place");
      }
      if (code == SQLITE_READONLY_DBMOVED) return gone();
      return bad(" cannot be written: the file or its folder is read-only", elsewhere);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      if (no_room) return bad(" has no room to grow: " + reason, "free space where it lies, " + elsewhere);
      if (system == ENOENT) return gone();
      return bad(" could not be read or written: " + reason, "look at the disk; " + elsewhere);
    case SQLITE_CANTOPEN:
      if (system == ENOENT) return gone();
      return bad(" or its journal beside it cannot be opened: " + reason, "make both writable, " + elsewhere);
    default:
      return bad(" cannot be used: " + std::string(sqlite3_errmsg(held_.get())), rebuild);
  }
}

Error Sqlite::gone() const {
  return {.code = ErrorCode::bad_ledger,
          .message = "the ledger " + printable(name_) + " was removed or replaced while strata had it open",
          .next = "run the same command again: a ledger that is not there is rebuilt from Postgres"};
}

Result<Transaction> Transaction::begin(Sqlite& database) {
  STRATA_CHECK(database.run("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<void> Transaction::commit() {
  STRATA_CHECK(open_->run("COMMIT"));
  open_.release();
  return {};
}

Result<void> Transaction::roll_back() {
  STRATA_CHECK(open_->run("ROLLBACK"));
  open_.release();
  return {};
}

void Transaction::Rollback::operator()(Sqlite* database) const {
  database->roll_back();
}

}  // namespace strata
