// SQLite, as thin as it can be: a connection to a ledger file, its statements, and its errors in our words. Nothing
// else in strata speaks to SQLite.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace strata {

class Sqlite;

// A value of type BLOB; a bare std::string_view is TEXT.
struct Bytes {
  std::string_view bytes;
};

class Statement {
 public:
  // Starts over with these values for ?1, ?2, … They are copied. One that cannot be taken is reported by step().
  template <typename... Values>
  Statement& with(const Values&... values) {
    rewind();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }
  Result<bool> step();  // true: there is a row; false: done
  Result<void> run();   // to the end, for statements without rows

  // The row's columns, from 0. Views are good until the next step.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view bytes(int column) const;

 private:
  friend class Sqlite;
  struct Finalize {
    void operator()(sqlite3_stmt* held) const;
  };
  Statement(const Sqlite& database, sqlite3_stmt* held) : database_(&database), held_(held) {}
  void rewind();
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, Bytes bytes);

  const Sqlite* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> held_;
  int trouble_ = 0;  // the first result of a bind that is not SQLITE_OK
};

class Sqlite {
 public:
  enum class Access { read_only, read_write };

  // An existing file, `file` by its resolved path; `name` is what people call it. With read_only nothing is ever
  // changed, but a journal that a killed writer left is rolled back where that is possible.
  static Result<std::unique_ptr<Sqlite>> open(const std::string& file, std::string name, Access access);
  static Result<std::unique_ptr<Sqlite>> open_in_memory();

  Result<void> run(const std::string& sql);  // one statement or several, rows ignored
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> integer(std::string_view sql);  // the first column of the first row

  // All of it as of one moment into a new file; others may go on meanwhile. What is damaged is copied as it is.
  Result<void> copy_to(const std::string& file);

  bool has_moved() const;  // is the file that is open no longer the one at its path?
  void roll_back();        // whatever is open; what cannot be undone here is undone by whoever opens the file next
  Result<void> flush();    // writes what a transaction has changed so far to the file
  Error error(int code) const;
  Error gone() const;  // for a file that has moved

 private:
  struct Close {
    void operator()(sqlite3* held) const;
  };
  Sqlite(sqlite3* held, std::string name) : held_(held), name_(std::move(name)) {}

  std::unique_ptr<sqlite3, Close> held_;
  std::string name_;
};

// BEGIN IMMEDIATE, and ROLLBACK unless commit() or roll_back() succeeds.
class Transaction {
 public:
  static Result<Transaction> begin(Sqlite& database);
  Result<void> commit();
  Result<void> roll_back();
  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() = default;

 private:
  struct Rollback {
    void operator()(Sqlite* database) const;
  };
  explicit Transaction(Sqlite& database) : open_(&database) {}
  std::unique_ptr<Sqlite, Rollback> open_;
};

}  // namespace strata
