#include "core/sql/script.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

Script read(std::string_view text, bool no_transaction = false) {
  auto script = read_script(text, "m.sql", no_transaction);
  if (!script) FAIL(script.error().message);
  return std::move(*script);
}

Error error_of(std::string_view text, bool no_transaction = false) {
  auto script = read_script(text, "m.sql", no_transaction);
  if (script) FAIL("not refused: " << text);
  CHECK(script.error().code == ErrorCode::bad_migration);
  CHECK(script.error().where.file == "m.sql");
  CHECK_FALSE(script.error().message.empty());
  CHECK_FALSE(script.error().next.empty());
  return std::move(script.error());
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += what;
  return result;
}

}  // namespace

TEST_CASE("script: a statement has its text and its place", "[sql]") {
  const auto script =
      read("\xef\xbb\xbf-- head\r\ncreate table t (a int); /* \xc3\xa9 */ select '\xc3\xa9'\r\n, 2 ; \r\n");
  REQUIRE(script.statements.size() == 2);
  CHECK(script.transactional);
  const auto& second = script.statements[1];
  CHECK(second.text == "select '\xc3\xa9'\r\n, 2");
  CHECK(second.offset == 42);
  CHECK(second.length == second.text.size());
  CHECK(second.line == 2);
  CHECK(second.column == 33);
  CHECK(second.analysed);
  CHECK_FALSE(second.copy_data);
}

TEST_CASE("script: a text without statements is an empty script", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "", "\xef\xbb\xbf", " -- a comment\n", ";/* */;");
  const auto script = read(text);
  CHECK(script.statements.empty());
  CHECK(script.transactional);
}

TEST_CASE("script: COPY carries its data", "[sql]") {
  const auto script = read("copy t from stdin;\n1;\n\\N\n\\.\nselect 1;");
  REQUIRE(script.statements.size() == 2);
  CHECK(script.statements[0].copy_data == "1;\n\\N\n");
  CHECK(script.statements[1].line == 5);
}

TEST_CASE("script: unknown syntax does not touch its neighbours", "[sql]") {
  const auto script = read("create table a (x int); frobnicate everything now; create table b (x int);");
  REQUIRE(script.statements.size() == 3);
  CHECK(script.statements[0].analysed);
  CHECK_FALSE(script.statements[1].analysed);
  CHECK(script.statements[2].analysed);
}

TEST_CASE("script: transaction control is refused in every kind of file", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "begin", "BEGIN WORK", "start transaction", "commit",
                             "commit and chain", "end", "rollback", "rollback work", "rollback and no chain", "abort",
                             "prepare transaction 'x'", "/* c */ Commit /* c */ work");
  const auto no_transaction = GENERATE(false, true);
  CAPTURE(text);
  const auto error = error_of("select 1;\n  " + text + ";\nselect 2;", no_transaction);
  CHECK(error.where.line == 2);
  CHECK_THAT(error.message, Catch::Contains("cannot begin or end a transaction"));
}

TEST_CASE("script: savepoints, transaction settings and prepared statements are allowed", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "savepoint a", "rollback to a", "rollback work to savepoint a",
                             "rollback transaction to a", "release savepoint a", "set transaction read write",
                             "prepare p as select 1", "create table \"begin\" (a int)", "do $$ begin commit; end $$");
  CHECK(read("select 1; " + text).statements.size() == 2);
}

TEST_CASE("script: what would drop strata's lock is refused", "[sql]") {
  const auto text =
      GENERATE(as<std::string>{}, "select pg_advisory_unlock_all()", "select PG_Advisory_Unlock_All /* */ ( )",
               "select pg_catalog.\"pg_advisory_unlock_all\"()", "discard all", "Discard\nALL");
  const auto error = error_of("select 1;\n" + text);
  CHECK(error.where.line == 2);
  CHECK_THAT(error.message, Catch::Contains("lock that keeps a second strata out"));
}

TEST_CASE("script: the name of such a function in a text or comment is harmless", "[sql]") {
  CHECK(read("select 'pg_advisory_unlock_all()'; select 1 -- pg_advisory_unlock_all()\n; discard plans").transactional);
}

TEST_CASE("script: a statement that cannot run in a transaction is refused beside others, naming both lines", "[sql]") {
  const auto after = error_of("create table t (a int);\n\n  vacuum t;");
  CHECK(after.where.line == 3);
  CHECK(after.where.column == 3);
  CHECK_THAT(after.message, Catch::Contains("VACUUM (line 3)") && Catch::Contains("CREATE TABLE (line 1)"));
  CHECK_THAT(after.next, Catch::Contains("-- strata: no-transaction"));

  const auto before = error_of("create index concurrently i on t (a);\nselect 1");
  CHECK(before.where.line == 1);
  CHECK_THAT(before.message,
             Catch::Contains("CREATE INDEX CONCURRENTLY (line 1)") && Catch::Contains("SELECT (line 2)"));
}

TEST_CASE("script: with the directive it may stand beside others, and alone it needs none", "[sql]") {
  CHECK_FALSE(read("-- strata: no-transaction\nselect 1; vacuum t").transactional);
  CHECK_FALSE(read("select 1; vacuum t", true).transactional);
  CHECK_FALSE(read("select 1", true).transactional);
  CHECK_FALSE(read("-- a comment\nvacuum t;\n;").transactional);
  CHECK(read("select 1; select 2").transactional);
}

TEST_CASE("script: a directive below the first statement is refused, since it would do nothing", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "select 1;\n-- strata: no-transaction\n",
                             "select 1\n-- strata: lock-timeout 1s\n;", "select 1;\n--strata:\n");
  const auto error = error_of(text);
  CHECK(error.where.line == 2);
  CHECK(error.where.column == 1);
  CHECK_THAT(error.message, Catch::Contains("directives stand at the head"));
  CHECK_NOTHROW(read("select $$\n-- strata: no-transaction\n$$ /* strata: x */; -- see strata: x"));
}

TEST_CASE("script: a bad directive is refused by read_script as well", "[sql]") {
  CHECK_THAT(error_of("-- strata: nonsense\nselect 1").message, Catch::Contains("unknown directive"));
}

TEST_CASE("script: a psql variable is refused where nothing else can be meant", "[sql]") {
  const auto [text, name, column] = GENERATE(table<std::string, std::string, int>({
      {"select :name", ":name", 8},
      {"insert into t values ('\xc3\xa9', :'who')", ":'who'", 28},
      {"select * from :\"table\"", ":\"table\"", 15},
      {"create table :schema.t (a int)", ":schema", 14},
      {"select :{?name}", ":{?name}", 8},
  }));
  CAPTURE(text);
  const auto error = error_of(text);
  CHECK(error.where.column == column);
  CHECK_THAT(error.message, Catch::Contains("psql variable " + name));
}

TEST_CASE("script: colons that mean something else pass", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "select a[1:n]", "select a[x:y]", "select a::int", "select ':name'",
                             "select 1 -- :name\n", "select json_object('a' :b)", "select json_objectagg(k:v)",
                             "select frobnicate(to :: me) when :: x", "do $$ begin a := :b; end $$", "call p(a := 1)");
  CHECK(read(text).statements.size() == 1);
}

TEST_CASE("script: the refusals of the text and of the split come through", "[sql]") {
  CHECK_THAT(error_of("select 1;\n\\i x").message, Catch::Contains("psql meta-command \\i"));
  CHECK(error_of("select 1;\n'").where.line == 2);
  CHECK_THAT(error_of("select \xff").message, Catch::Contains("invalid UTF-8"));
}

TEST_CASE("script: nesting that would overflow a stack is left to the server", "[sql]") {
  constexpr std::size_t many = 100'000;
  const auto text =
      GENERATE_COPY("select " + repeated("(", many) + "1" + repeated(")", many), "select " + repeated("- ", many) + "1",
                    "select " + repeated("case when 1 then ", many) + "1" + repeated(" end", many),
                    "select " + repeated("(select ", many) + "1" + repeated(")", many),
                    "create table t (a int check (" + repeated("not ", many) + "true))");
  const auto script = read(text + ";select 1");
  REQUIRE(script.statements.size() == 2);
  CHECK_FALSE(script.statements[0].analysed);
  CHECK(script.statements[1].analysed);
}

TEST_CASE("script: long chains, which make deep trees, are read", "[sql]") {
  constexpr std::size_t many = 100'000;
  const auto text = GENERATE_COPY("select 1" + repeated("+1", many), "select a" + repeated(" || b", many),
                                  "select 1" + repeated("::int", many),
                                  "create table t (a int check (0 < a" + repeated(" + 1", many) + "))");
  CHECK(read(text).statements.front().analysed);
}

TEST_CASE("script: a statement of many megabytes is read, but not analysed", "[sql]") {
  const auto script = read("insert into t values (1)" + repeated(",\n(1, 'some text')", 300'000) + "; vacuum t", true);
  REQUIRE(script.statements.size() == 2);
  CHECK(script.statements[0].kind == "INSERT");
  CHECK_FALSE(script.statements[0].analysed);
  CHECK(script.statements[0].recovery == Recovery::transactional);
  CHECK(script.statements[1].line == 300'001);
}
