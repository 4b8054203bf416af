// Looking into a Postgres from a test, and getting in the way of a run there.
#pragma once

#include <chrono>
#include <memory>
#include <string>

struct pg_conn;

namespace strata::test {

// One connection. A refusal by the server is an exception: in a test it is a mistake unless the test says otherwise.
class Database {
 public:
  explicit Database(const std::string& url);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // Runs it and returns the last result as `psql -At` prints it: columns with '|' between them, one line for each row.
  std::string ask(const std::string& sql);
  // Sends it without waiting; finish() waits and returns the SQLSTATE, "" when all went well.
  void send(const std::string& sql);
  std::string finish();
  // Asks every few milliseconds until the answer is "t"; false when the patience is at its end.
  bool wait_until(const std::string& sql, std::chrono::milliseconds patience = std::chrono::seconds(20));

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Finish> connection_;
};

// The database that a test server's URL names: postgresql:///NAME?host=…
std::string name_in(const std::string& url);

// One question on a connection of its own.
std::string ask(const std::string& url, const std::string& sql);

}  // namespace strata::test
