// The expected statements are what psql 15.20 sends to a server for the same file.
#include "core/sql/splitter.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <vector>

using namespace strata;

namespace {

using Texts = std::vector<std::string>;

struct Split {
  Texts statements;
  Texts data;
  std::optional<Error> error;
};

Split split(std::string_view text) {
  Split result;
  Splitter splitter(text, "m.sql");
  std::size_t begin = std::string_view::npos;  // of the statement in hand
  std::size_t end = 0;
  for (;;) {
    const auto token = splitter.next();
    if (!token) {
      result.error = token.error();
      return result;
    }
    if (token->kind == TokenKind::end_of_text) return result;
    if (token->kind == TokenKind::comment) continue;
    const auto content = std::string(text.substr(token->offset, token->length));
    if (token->kind == TokenKind::copy_data) {
      result.data.push_back(content);
    } else if (token->kind == TokenKind::end_of_statement) {
      result.statements.emplace_back(text.substr(begin, end - begin));
      begin = std::string_view::npos;
    } else {
      begin = std::min(begin, token->offset);
      end = token->end();
    }
  }
}

Texts statements(std::string_view text) {
  auto result = split(text);
  if (result.error) FAIL(result.error->message);
  return std::move(result.statements);
}

Texts tokens(std::string_view text) {
  Texts result;
  Splitter splitter(text, "m.sql");
  for (auto token = splitter.next(); token && token->kind != TokenKind::end_of_text; token = splitter.next()) {
    if (token->kind != TokenKind::end_of_statement) result.emplace_back(text.substr(token->offset, token->length));
  }
  return result;
}

struct Refused {
  std::string text;
  int line;
  int column;
  std::string says;
};

}  // namespace

TEST_CASE("split: semicolons end statements, and statements without a token are none", "[sql]") {
  CHECK(statements("select 1;select 2") == Texts{"select 1", "select 2"});
  CHECK(statements(";;select 1;;;/*c*/;--\n;2;") == Texts{"select 1", "2"});
  CHECK(statements("").empty());
  CHECK(statements(" -- only\r\n/* comments */ ").empty());
}

TEST_CASE("split: a semicolon inside any form of string or quoted name is content", "[sql]") {
  const auto whole = GENERATE(
      as<std::string>{}, "select 'a;b'", "select 'a'';b'", "select E'a\\';b'", "select e'\\\\;'",
      "select U&'a;b' UESCAPE '!'", "select B'1;'", "select X'f;'", "select N'a;b'", "select \"a;b\"",
      "select \"a\"\";b\"", "select U&\"a;b\"", "select $$;$$", "select $a$;$b$;$$;$a$", "select $\xc3\xa9$;$\xc3\xa9$",
      "select $A$;$a$;$A$", "select 'a'\n'b;c'", "select 'a' -- x;\n 'b;c'", "select E'\\\n;'", "select '-- ;'",
      "select '/* ;'", "select '\r;'", "select 1$$;$$", "select 1.5$$;$$", "select $1$$;$$");
  CHECK(statements(whole + "; select 2") == Texts{whole, "select 2"});
}

TEST_CASE("split: a backslash escapes in E'…' only, and not in what continues it on the next line", "[sql]") {
  CHECK(statements("select 'C:\\';b") == Texts{"select 'C:\\'", "b"});
  CHECK(statements("select U&'a\\';b") == Texts{"select U&'a\\'", "b"});
  CHECK(statements("select E'a\\\\';b") == Texts{"select E'a\\\\'", "b"});
  CHECK(statements("select E'a'\n'b\\';c") == Texts{"select E'a'\n'b\\'", "c"});
}

TEST_CASE("split: a dollar sign quotes only where no name or number goes on", "[sql]") {
  CHECK(statements("select a$$;b$$;") == Texts{"select a$$", "b$$"});
  CHECK(statements("select 1a$$;b$$;") == Texts{"select 1a$$", "b$$"});
  CHECK(statements("select 1e5$$;b$$;") == Texts{"select 1e5$$", "b$$"});
  CHECK(statements("select $1a$b$;2") == Texts{"select $1a$b$", "2"});
  CHECK(statements("select $a;2") == Texts{"select $a", "2"});
  CHECK(statements("select $1$;2") == Texts{"select $1$", "2"});
}

TEST_CASE("split: comments hide semicolons, nest, and begin within operators", "[sql]") {
  CHECK(statements("select 1 -- a;b\n+1;2") == Texts{"select 1 -- a;b\n+1", "2"});
  CHECK(statements("select a/*;*/ + /* /* ; */ ; */ 1;2") == Texts{"select a/*;*/ + /* /* ; */ ; */ 1", "2"});
  CHECK(statements("select +--;\n1;2") == Texts{"select +--;\n1", "2"});
  CHECK(statements("select +/*;*/1;2") == Texts{"select +/*;*/1", "2"});
  CHECK(statements("/*/;*/select 1") == Texts{"select 1"});
  CHECK(statements("select 1e-- ;x\n;2") == Texts{"select 1e--", "x", "2"});
}

TEST_CASE("split: semicolons in parentheses do not end a statement, in brackets and braces they do", "[sql]") {
  CHECK(statements("create rule r as on insert to t do (a; b); c") ==
        Texts{"create rule r as on insert to t do (a; b)", "c"});
  CHECK(statements("select a[;];b") == Texts{"select a[", "]", "b"});
  CHECK(statements("select {;};b") == Texts{"select {", "}", "b"});
  CHECK(statements("select );(;);b") == Texts{"select )", "(;)", "b"});
}

TEST_CASE("split: a semicolon inside a BEGIN ATOMIC body does not end the statement", "[sql]") {
  const auto whole =
      GENERATE(as<std::string>{}, "create function f() returns int begin atomic select 1; select 2; end",
               "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC a; END",
               "create function f() begin atomic select case when 1 then 2 end; select (case x when 1 then 2 end); end",
               "create or replace procedure f() begin a; begin b; end; end", "create (x) function f() begin a; end",
               "create function f(\"begin\" int) begin atomic select a[x:end]; end",
               "create function f() begin atomic select $$ end; $$; end");
  CHECK(statements(whole + "; select 2") == Texts{whole, "select 2"});
}

TEST_CASE("split: BEGIN opens a body in the definition of a routine only", "[sql]") {
  CHECK(statements("begin; end; b") == Texts{"begin", "end", "b"});
  CHECK(statements("create view begin; end; b") == Texts{"create view begin", "end", "b"});
  CHECK(statements("create or function f() begin a; end; b") == Texts{"create or function f() begin a", "end", "b"});
  CHECK(statements("create function f() (begin select 1); end; 2") ==
        Texts{"create function f() (begin select 1)", "end", "2"});
  CHECK(statements("create function \"begin\"() returns int; b") ==
        Texts{"create function \"begin\"() returns int", "b"});
}

TEST_CASE("split: the lines below COPY … FROM STDIN are data, whatever the server would say", "[sql]") {
  const auto copy = GENERATE(as<std::string>{}, "copy t from stdin", "COPY t (a, b) FROM STDIN WITH (FORMAT csv)",
                             "copy t from stdout", "copy \"a b\".\"T\" from stdin", "copy t from /* x */ stdin",
                             "copy t from\nstdin\n", "copy binary a.b.c from stdin", "copy t from stdin where a > 1",
                             "copy (select 1 from stdin) from stdin", "copy a b c d e from stdin",
                             "copy t (from) from stdin", "copy t from 1 stdin", "copy t to x from stdin");
  const auto result = split(copy + ";\n1;2\n\\ .\n \\.\n'\n\\.\nselect 2;");
  REQUIRE_FALSE(result.error);
  REQUIRE(result.statements.size() == 2);
  CHECK(result.statements[1] == "select 2");
  CHECK(result.data == Texts{"1;2\n\\ .\n \\.\n'\n"});
}

TEST_CASE("split: other forms of COPY have no data", "[sql]") {
  const auto copy = GENERATE(
      as<std::string>{}, "copy t to stdout", "copy t from 'stdin'", "copy t from \"stdin\"", "copy t from program 'x'",
      "copy (select from stdin) to stdout", "copy t (from, stdin) to '/x'", "explain copy t from stdin",
      "(copy t from stdin)", "select copy from stdin", "copy a b c d e f from stdin", "copy t from x, stdin",
      "copy t.from from stdin", "copy t from :stdin", "create function f() begin atomic copy t from stdin; end");
  const auto result = split(copy + ";\n1;2");
  CHECK(result.data.empty());
  CHECK(result.statements == Texts{copy, "1", "2"});
}

TEST_CASE("split: COPY data end with \\. or the file, and begin below the line of the semicolon", "[sql]") {
  CHECK(split("copy t from stdin;\r\n1\r\n\\.\r\n2").data == Texts{"1\r\n"});
  CHECK(split("copy t from stdin;\n1\n\\.").data == Texts{"1\n"});
  CHECK(split("copy t from stdin;\n1").data == Texts{"1"});
  CHECK(split("copy t from stdin;\n\\.\n").data == Texts{""});
  CHECK(split("copy t from stdin;").data == Texts{""});
  CHECK(split("copy t from stdin").data == Texts{""});

  const auto one_line = split("copy t from stdin; select 5; copy u from stdin; -- c\n1;2\n\\.\n3;4\n\\.\nselect 2;");
  CHECK(one_line.statements == Texts{"copy t from stdin", "select 5", "copy u from stdin", "select 2"});
  CHECK(one_line.data == Texts{"1;2\n", "3;4\n"});
}

TEST_CASE("split: SQL that goes on below the data of a COPY on its line is refused", "[sql]") {
  CHECK_THAT(split("copy t from stdin; select\n\\.\n1;").error.value().message,
             Catch::Contains("goes on below the data"));
  CHECK_THAT(split("copy t from stdin; /* a\n\\.\n*/").error.value().message,
             Catch::Contains("goes on below the data"));
  CHECK_THAT(split("copy t from stdin; select 'a\n\\.\n';").error.value().message,
             Catch::Contains("goes on below the data"));
}

TEST_CASE("split: a stray semicolon after COPY data loses nothing", "[sql]") {
  CHECK(statements("copy t from stdin;\n1\n\\.\n;\nselect 1;") == Texts{"copy t from stdin", "select 1"});
}

TEST_CASE("split: tokens are those of Postgres, newer numbers included", "[sql]") {
  CHECK(tokens("a*-1 @-b") == Texts{"a", "*", "-", "1", "@-", "b"});
  CHECK(tokens("x::int a[1:n] => := 1..2") ==
        Texts{"x", "::", "int", "a", "[", "1", ":", "n", "]", "=>", ":=", "1", "..", "2"});
  CHECK(tokens("1_000 0x1F 0b1 0o7 .5e-3 1.") == Texts{"1_000", "0x1F", "0b1", "0o7", ".5e-3", "1."});
  CHECK(tokens("E'a' e 'a' U&\"x\" u & $1 $x$a$x$") == Texts{"E'a'", "e", "'a'", "U&\"x\"", "u", "&", "$1", "$x$a$x$"});
  CHECK(tokens("'it''s' \"a\"\"b\"") == Texts{"'it''s'", "\"a\"\"b\""});
}

TEST_CASE("split: what has no end is refused where it begins", "[sql]") {
  const auto refused = GENERATE(
      Refused{"select\n 'a", 2, 2, "the string that begins here is never closed"}, Refused{"E'\\'", 1, 2, "the string"},
      Refused{"select \"a", 1, 8, "the quoted name"}, Refused{"select $a$ $b$", 1, 8, "the dollar-quoted string"},
      Refused{"select 1;\n/* /* */", 2, 1, "the comment"}, Refused{"select ((1)", 1, 8, "the parenthesis"},
      Refused{"create function f() begin a; select 1;", 1, 21, "no END"});
  CAPTURE(refused.text);
  const auto error = split(refused.text).error;
  REQUIRE(error);
  CHECK(error->code == ErrorCode::bad_migration);
  CHECK(error->where.line == refused.line);
  CHECK(error->where.column == refused.column);
  CHECK_THAT(error->message, Catch::Contains(refused.says));
}

TEST_CASE("split: psql's meta-commands are refused by name, with what to do instead", "[sql]") {
  const auto refused = GENERATE(
      Refused{"\\i other.sql", 1, 1, "\\i:"}, Refused{"select 1;\n\\ir x", 2, 1, "put the text of that file here"},
      Refused{"select 1 \\gexec", 1, 10, "DO block"}, Refused{"select 1\\g", 1, 9, "semicolon"},
      Refused{"\\copy t from 'x'", 1, 1, "COPY … FROM stdin"}, Refused{"\\restrict abc", 1, 1, "pg_dump"},
      Refused{"\\unrestrict abc", 1, 1, "pg_dump"}, Refused{"\\connect - bob", 1, 1, "\\connect:"},
      Refused{"select 1\\; select 2;", 1, 9, "\\;:"}, Refused{"select (\\d)", 1, 9, "\\d:"},
      Refused{"\\set x 1", 1, 1, "no variables"}, Refused{"\\if true", 1, 1, "DO block with IF"},
      Refused{"select 1;\n\\.\n", 2, 1, "ends the data of a COPY"}, Refused{"\\! rm", 1, 1, "shell"},
      Refused{"\\", 1, 1, "\\:"});
  CAPTURE(refused.text);
  const auto error = split(refused.text).error;
  REQUIRE(error);
  CHECK(error->where.line == refused.line);
  CHECK(error->where.column == refused.column);
  CHECK_THAT(error->message + " " + error->next,
             Catch::Contains("psql meta-command \\") && Catch::Contains(refused.says));
}

TEST_CASE("split: a backslash in strings, names, comments and data is no meta-command", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "select '\\i x'", "select E'\\i'", "select \"\\i\"", "select $$\\i$$",
                             "select 1 -- \\i", "select 1 /* \\i */", "copy t from stdin;\n\\i\n\\N\n\\.\n");
  CHECK_FALSE(split(text).error);
}

TEST_CASE("split: a carriage return without a line feed is refused outside quotes", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "x;\r y", "x;-\r\r\n", "x;\f\r", "x;/\r");
  const auto error = split(text).error;
  REQUIRE(error);
  CHECK_THAT(error->message, Catch::Contains("carriage return"));
  CHECK(split("select 1 -- x\r + 1").error.value().where.column == 14);
  CHECK(split("/* a\r\n \r */").error.value().where.line == 2);
  CHECK_FALSE(split("select 'a\rb', \"a\rb\", $$\r$$;\r\ncopy t from stdin;\r\na\rb\r\n\\.\r\n").error);
}

TEST_CASE("split: nesting and runs of a hundred thousand are read without recursion", "[sql]") {
  constexpr std::size_t many = 100'000;
  const auto repeat = [](std::string_view what, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) result += what;
    return result;
  };
  CHECK(statements(repeat("(", many) + repeat(")", many) + ";2").size() == 2);
  CHECK(statements(repeat("/*", many) + repeat("*/", many) + "1;2").size() == 2);
  CHECK(statements("create function f()" + repeat(" begin", many) + repeat(" end", many) + ";2").size() == 2);
  CHECK(statements("select 1 " + repeat("+", many) + ";2").size() == 2);
  CHECK(statements("select " + repeat("$x ", many) + ";2").size() == 2);
  CHECK(split("$" + repeat("a", many) + "$" + repeat("$" + repeat("a", many - 1), 20)).error);
}

TEST_CASE("split: statements put together come apart again, whatever stands between them", "[sql]") {
  const Texts pieces = {"select 1",
                        "insert into t values ('a;b', E'\\';', $q$;$q$)",
                        "create rule r as on update to t do (a; b)",
                        "create function f() begin atomic select case when a then b end; end",
                        "update \"t;\" set a = b",
                        "x /* ; */ y",
                        "copy t (a) from stdin"};
  const Texts gaps = {";", " ; ", "\n;\n", ";;", "; -- it's; \n", ";/* ' ; */", "\r\n;\r\n"};
  const auto seed = GENERATE(range(0U, 200U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto any = [&](const Texts& of) { return of[random() % of.size()]; };

  Texts expected, data;
  std::string text;
  for (int i = 0; i < 12; ++i) {
    expected.push_back(any(pieces));
    text += expected.back() + any(gaps);
    if (!expected.back().starts_with("copy")) continue;
    data.push_back("1;" + std::to_string(i) + "\t'\n");
    text += (text.ends_with('\n') ? "" : "\n") + data.back() + "\\.\n";
  }
  const auto result = split(text);
  REQUIRE_FALSE(result.error);
  CHECK(result.statements == expected);
  CHECK(result.data == data);
}
