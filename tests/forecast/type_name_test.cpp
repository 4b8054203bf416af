#include "core/forecast/type_name.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

DatabaseObject domain(const std::string& name, const std::string& base, const std::string& checks = "") {
  DatabaseObject object{.kind = ObjectKind::type, .schema = "public", .name = name};
  object.properties = {{"form", "domain"}, {"base", base}};
  if (!checks.empty()) object.properties["checks"] = checks;
  return object;
}

const World& world() {
  static const World one({{domain("email", "character varying(40)"), domain("filled", "text", "CHECK ((VALUE <> ''))"),
                           domain("work_email", "public.email")}},
                         "public");
  return one;
}

TypeChange change(const std::string& from, const std::string& to) {
  return change_of(printed_type(from), printed_type(to), world());
}

}  // namespace

TEST_CASE("type name: what is printed is read and printed again", "[forecast]") {
  for (const auto* text : {"integer", "character varying(20)", "numeric(10,2)", "timestamp(3) without time zone",
                           "timestamp with time zone", "time(0) without time zone", "bit varying(8)", "text[]",
                           "interval(3)", "cases.state[]"}) {
    INFO(text);
    CHECK(printed(printed_type(text)) == text);
  }
  CHECK(printed_type("cases.\"State\"").name == "cases.State");
}

TEST_CASE("type name: a change that every value fits keeps the table", "[forecast]") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"character varying(20)", "character varying(40)"},
           {"character varying(20)", "text"},
           {"text", "character varying"},
           {"numeric(10,2)", "numeric(12,2)"},
           {"numeric(10,2)", "numeric"},
           {"timestamp(3) without time zone", "timestamp(6) without time zone"},
           {"timestamp(3) without time zone", "timestamp without time zone"},
           {"interval(3)", "interval"},
           {"bit varying(8)", "bit varying"},
           {"cidr", "inet"},
           {"xml", "text"},
           {"public.email", "text"},
           {"public.work_email", "character varying"},
           {"text", "text"},
       }) {
    INFO(from << " to " << to);
    CHECK(change(from, to) == TypeChange::keeps);
  }
}

TEST_CASE("type name: other operators for the same bytes build indexes again", "[forecast]") {
  CHECK(change("integer", "oid") == TypeChange::reindexes);
  CHECK(change("public.citext", "text") == TypeChange::reindexes);
  CHECK(change("timestamp without time zone", "timestamp with time zone") == TypeChange::reindexes);
  auto elsewhere = world();
  elsewhere.set_time_zone("Europe/London");
  const auto local = printed_type("timestamp without time zone");
  CHECK(change_of(local, printed_type("timestamp with time zone"), elsewhere) == TypeChange::rewrites);
}

TEST_CASE("type name: all other changes write every row", "[forecast]") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"integer", "bigint"},
           {"character varying(20)", "character varying(10)"},
           {"text", "character varying(40)"},
           {"character(10)", "text"},
           {"numeric(10,2)", "numeric(12,4)"},
           {"numeric", "numeric(12,2)"},
           {"timestamp without time zone", "timestamp(3) without time zone"},
           {"timestamp without time zone", "timestamp(3) with time zone"},
           {"inet", "cidr"},
           {"json", "jsonb"},
           {"integer[]", "bigint[]"},
           {"text", "public.filled"},
           {"public.email", "character varying(50)"},
           {"cases.state", "text"},
       }) {
    INFO(from << " to " << to);
    CHECK(change(from, to) == TypeChange::rewrites);
  }
}
