#include "core/prisma/parse.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace strata::prisma;

namespace {

SchemaFile parsed(std::string_view text) {
  auto file = parse(text, "a.prisma", "cases");
  if (!file) FAIL(file.error().where.line << ":" << file.error().where.column << " " << file.error().message);
  return *file;
}

// The entries of a model with these lines; the first of them is line 2.
std::vector<Entry> entries(const std::string& lines) {
  return parsed("model A {\n" + lines + "\n}\n").blocks.at(0).entries;
}

Entry entry(const std::string& line) {
  return entries(line).at(0);
}

// The value between the parentheses of @default(…).
Value value(const std::string& written) {
  return entry("a Int @default(" + written + ")").attributes.at(0).arguments.at(0).value;
}

}  // namespace

TEST_CASE("parse: a file keeps its path, its owner and its six kinds of block", "[prisma]") {
  const auto file =
      parsed("datasource db {\n}\ngenerator client {\n}\nmodel A {\n}\nview B {\n}\nenum C {\n}\ntype D {\n}\n");
  CHECK(file.path == "a.prisma");
  CHECK(file.owner == "cases");
  REQUIRE(file.blocks.size() == 6);
  using Kind = Block::Kind;
  const std::vector kinds = {Kind::datasource, Kind::generator,   Kind::model,
                             Kind::view,       Kind::enumeration, Kind::composite};
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(file.blocks[i].kind == kinds[i]);
  CHECK(file.blocks[1].name == "client");
}

TEST_CASE("parse: nothing, blank lines and comments alone are a file", "[prisma]") {
  CHECK(parsed("").blocks.empty());
  CHECK(parsed("\n \n\t\n").trailing.empty());
  CHECK(parsed("// a\n\n\n/// b").trailing == std::vector<std::string>{"// a", "", "/// b"});
}

TEST_CASE("parse: a byte order mark and CRLF are accepted", "[prisma]") {
  const auto file = parsed("\xef\xbb\xbfmodel A {\r\n  id Int @id // key \r\n\r\n  /* a\r\n b */\r\n}\r\n");
  REQUIRE(file.blocks.at(0).entries.size() == 3);
  CHECK(file.blocks[0].entries[0].comment == "// key ");
  CHECK(file.blocks[0].entries[1].kind == Entry::Kind::blank);
  CHECK(file.blocks[0].entries[2].comment == "/* a\n b */");
}

TEST_CASE("parse: a carriage return alone ends a line, also that of a comment", "[prisma]") {
  const auto file = parsed("// a\rmodel A {\r  id Int @id // key\r  b Int\r\r\n  // c\r}\r");
  CHECK(file.blocks.at(0).leading == std::vector<std::string>{"// a"});
  const auto& entries = file.blocks[0].entries;
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].comment == "// key");
  CHECK(entries[1].name == "b");
  CHECK(entries[2].kind == Entry::Kind::blank);
  CHECK(entries[3].comment == "// c");
}

TEST_CASE("parse: a keyword needs no blank behind it", "[prisma]") {
  const auto file = parsed("datasourcedb {\n}\nmodelmodel {\n}\nenum9 {\n}\n");
  CHECK(file.blocks.at(0).kind == Block::Kind::datasource);
  CHECK(file.blocks.at(0).name == "db");
  CHECK(file.blocks.at(1).kind == Block::Kind::model);
  CHECK(file.blocks.at(1).name == "model");
  CHECK(file.blocks.at(2).name == "9");
}

TEST_CASE("parse: of what stands behind a brace only a comment counts", "[prisma]") {
  const auto* const ignored = GENERATE("{id Int @id", "{ }", "{ x // a", "{ /* a */ b", "{ /* a", "{ \"", "{ {");
  const auto file = parsed("model A " + std::string(ignored) + "\n  b Int\n}\n");
  REQUIRE(file.blocks.at(0).entries.size() == 1);
  CHECK(file.blocks[0].entries[0].name == "b");
}

TEST_CASE("parse: names have letters of any script", "[prisma]") {
  const auto file =
      parsed("model T\xc3\xbcr {\n  gr\xc3\xb6\xc3\x9f\x65_1 \xe6\x97\xa5 @x(\xf0\xa0\x80\x80: \xc2\xaa.b)\n}\n");
  CHECK(file.blocks.at(0).name == "T\xc3\xbcr");
  const auto& field = file.blocks[0].entries.at(0);
  CHECK(field.name == "gr\xc3\xb6\xc3\x9f\x65_1");
  CHECK(field.type == "\xe6\x97\xa5");
  CHECK(field.attributes.at(0).arguments.at(0).name == "\xf0\xa0\x80\x80");
  CHECK(field.attributes[0].arguments[0].value.text == "\xc2\xaa.b");
}

TEST_CASE("parse: a field has a name, a type, a modifier and attributes", "[prisma]") {
  const auto field = entry("tags String[] @db.VarChar(20) @map(\"labels\") /// what it is about");
  CHECK(field.kind == Entry::Kind::field);
  CHECK(field.name == "tags");
  CHECK(field.type == "String");
  CHECK(field.arity == Arity::list);
  REQUIRE(field.attributes.size() == 2);
  CHECK(field.attributes[0].name == "db.VarChar");
  CHECK(field.attributes[0].arguments.at(0).value.text == "20");
  CHECK(field.attributes[1].arguments.at(0).value.kind == Value::Kind::text);
  CHECK(field.comment == "/// what it is about");
  CHECK(entry("a Int?").arity == Arity::optional);
  CHECK(entry("a Int").arity == Arity::required);
  CHECK(entry("a Int ?").arity == Arity::optional);
}

TEST_CASE("parse: an unsupported type is its SQL, decoded, and kept as written", "[prisma]") {
  const auto field = entry("a Unsupported(\"my \\\"type\\\"\")? @ignore");
  CHECK(field.unsupported);
  CHECK(field.type == "my \"type\"");
  CHECK(field.type_written == "Unsupported(\"my \\\"type\\\"\")");
  CHECK(field.arity == Arity::optional);
  CHECK_FALSE(entry("a Unsupported").unsupported);
}

TEST_CASE("parse: a keyword is a fine name", "[prisma]") {
  const auto file = parsed("model model {\n  model Int\n  enum String\n}\nenum type {\n  view\n}\n");
  CHECK(file.blocks.at(0).name == "model");
  CHECK(file.blocks[0].entries.at(1).name == "enum");
  CHECK(file.blocks.at(1).entries.at(0).kind == Entry::Kind::enum_value);
}

TEST_CASE("parse: attributes have parentheses, or not, and arguments by place and by name", "[prisma]") {
  const auto field =
      entry("a B @relation(\"R\", fields: [x, y], references: [p, q], onDelete: SetNull) @unique @ignore()");
  REQUIRE(field.attributes.size() == 3);
  const auto& arguments = field.attributes[0].arguments;
  REQUIRE(arguments.size() == 4);
  CHECK(arguments[0].name.empty());
  CHECK(arguments[1].name == "fields");
  REQUIRE(arguments[1].value.items.size() == 2);
  CHECK(arguments[1].value.items[1].text == "y");
  CHECK(arguments[3].value.kind == Value::Kind::constant);
  CHECK_FALSE(field.attributes[1].has_parentheses);
  CHECK(field.attributes[2].has_parentheses);
}

TEST_CASE("parse: block attributes stand on lines of their own, wherever in the block", "[prisma]") {
  const auto lines = entries("@@map(\"a\")\nid Int\n@@index([id(sort: Desc), raw(\"x\")], type: Gin) // fast");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].kind == Entry::Kind::block_attribute);
  const auto& index = lines[2].attributes.at(0);
  CHECK(index.name == "index");
  const auto& columns = index.arguments.at(0).value.items;
  CHECK(columns.at(0).kind == Value::Kind::call);
  CHECK(columns[0].text == "id");
  CHECK(columns[0].arguments.at(0).name == "sort");
  CHECK(lines[2].comment == "// fast");
}

TEST_CASE("parse: numbers are kept as written", "[prisma]") {
  for (const auto* number : {"0", "-1", "007", "1.50", "-0.0", "123456789012345678901234567890"}) {
    CHECK(value(number).kind == Value::Kind::number);
    CHECK(value(number).text == number);
  }
}

TEST_CASE("parse: strings are JSON strings", "[prisma]") {
  CHECK(value(R"("")").text.empty());
  CHECK(value(R"("it's // no comment")").text == "it's // no comment");
  CHECK(value(R"("\" \\ \/ \b \f \n \r \t")").text == "\" \\ / \b \f \n \r \t");
  CHECK(value(R"("\u0041\u00e9\u20AC")").text == "A\xc3\xa9\xe2\x82\xac");
  CHECK(value(R"("\ud83d\ude00")").text == "\xf0\x9f\x98\x80");
  CHECK(value(R"("\u00e9")").written == R"("\u00e9")");
}

TEST_CASE("parse: lists, calls, dotted names and objects nest", "[prisma]") {
  CHECK(value("[]").items.empty());
  CHECK(value("[1, [true, \"a\"]]").items.at(1).items.at(1).text == "a");
  CHECK(value("dbgenerated(\"now() + '1 day'\")").arguments.at(0).value.text == "now() + '1 day'");
  CHECK(value("now()").kind == Value::Kind::call);
  CHECK(value("a.b.c").text == "a.b.c");
  const auto object = value("{ deleted: false, state: { not: null } }");
  CHECK(object.kind == Value::Kind::object);
  CHECK(object.arguments.at(1).value.arguments.at(0).name == "not");
}

TEST_CASE("parse: properties of datasource and generator", "[prisma]") {
  const auto file = parsed("datasource db {\n  provider=\"postgresql\" // here\n  schemas = [\"a\", \"b\"]\n}\n");
  const auto& lines = file.blocks.at(0).entries;
  CHECK(lines.at(0).kind == Entry::Kind::property);
  CHECK(lines[0].name == "provider");
  CHECK(lines[0].value.text == "postgresql");
  CHECK(lines[0].comment == "// here");
  CHECK(lines.at(1).value.items.size() == 2);
}

TEST_CASE("parse: comments and blank lines are kept where they stand", "[prisma]") {
  const auto file = parsed(
      "\n// one\n\n/// two\nmodel A { // three\n\n\n  // four\n  id Int /* five */\n  /* six */ b Int\n} // seven\n\n"
      "enum E {\n}\n\n// eight\n\n\n");
  const auto& a = file.blocks.at(0);
  CHECK(a.leading == std::vector<std::string>{"// one", "", "/// two"});
  REQUIRE(a.entries.size() == 6);
  CHECK(a.entries[0].comment == "// three");
  CHECK(a.entries[1].kind == Entry::Kind::blank);
  CHECK(a.entries[2].comment == "// four");
  CHECK(a.entries[3].comment == "/* five */");
  CHECK(a.entries[4].comment == "/* six */");
  CHECK(a.entries[5].name == "b");
  CHECK(file.blocks.at(1).leading == std::vector<std::string>{"// seven", ""});
  CHECK(file.trailing == std::vector<std::string>{"// eight"});
}

TEST_CASE("parse: every place is a line and a column in characters", "[prisma]") {
  const auto file = parsed("// \xc3\xa9\n model A {\n  b  C? @x(y: 1)\n }\n");
  const auto& block = file.blocks.at(0);
  const auto at = [](Place place) { return std::pair{place.line, place.column}; };
  CHECK(at(block.place) == std::pair{2, 2});
  CHECK(at(block.name_place) == std::pair{2, 8});
  CHECK(at(block.end) == std::pair{4, 2});
  const auto& field = block.entries.at(0);
  CHECK(at(field.place) == std::pair{3, 3});
  CHECK(at(field.type_place) == std::pair{3, 6});
  CHECK(at(field.attributes.at(0).place) == std::pair{3, 9});
  CHECK(at(field.attributes[0].arguments.at(0).place) == std::pair{3, 12});
  CHECK(at(field.attributes[0].arguments[0].value.place) == std::pair{3, 15});
}

TEST_CASE("parse: a column counts characters, not bytes", "[prisma]") {
  const auto field = entry("a Int @default(\"\xc3\xa9\xc3\xa9\") @id");
  CHECK(field.attributes.at(1).place.column == 22);
}

TEST_CASE("parse: a large schema takes linear time", "[prisma]") {
  std::string text;
  for (int model = 0; model < 2000; ++model) {
    text += "model M" + std::to_string(model) + " {\n";
    for (int field = 0; field < 20; ++field) text += "  f" + std::to_string(field) + " Int @default(1) // c\n";
    text += "}\n\n";
  }
  CHECK(parsed(text).blocks.size() == 2000);
}
