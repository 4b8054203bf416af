#include "tests/support/database.h"

#include <libpq-fe.h>

#include <stdexcept>
#include <thread>

namespace strata::test {

namespace {

using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

}  // namespace

void Database::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Database::Database(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

std::string Database::ask(const std::string& sql) {
  const ResultHandle result(PQexec(connection_.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection_.get()));
  }
  std::string text;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    if (row > 0) text += '\n';
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column > 0) text += '|';
      text += PQgetvalue(result.get(), row, column);
    }
  }
  return text;
}

void Database::send(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) throw std::runtime_error(PQerrorMessage(connection_.get()));
}

std::string Database::finish() {
  std::string sqlstate;
  while (true) {
    const ResultHandle result(PQgetResult(connection_.get()), PQclear);
    if (!result) return sqlstate;
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr) sqlstate = state;
  }
}

bool Database::wait_until(const std::string& sql, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (ask(sql) != "t") {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string name_in(const std::string& url) {
  const auto begin = url.find("///") + 3;
  return url.substr(begin, url.find('?') - begin);
}

std::string ask(const std::string& url, const std::string& sql) {
  return Database(url).ask(sql);
}

}  // namespace strata::test
