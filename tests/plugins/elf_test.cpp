#include "plugins/host/elf.h"

#include "core/discovery/bundle.h"
#include "tests/plugins/elf_builder.h"
#include "tests/plugins/plugin_files.h"
#include "tests/support/builders.h"

#include <chrono>
#include <random>

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

constexpr std::size_t enough = 64u << 20;
const std::string bundle_section = ".strata.bundle";

Result<ElfSection> read(std::string_view file) {
  return read_elf_section(file, bundle_section, enough);
}

Error refusal_of(std::string_view file) {
  const auto error = error_of(read(file));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_FALSE(error.message.empty());
  return error;
}

// Reads a damaged copy of a plugin: refused by the reader or by the bundle's own digests, or else not really damaged.
bool is_caught(std::string_view file, std::string_view true_bundle) {
  const auto section = read(file);
  if (!section || section->bytes == true_bundle) return true;
  return !read_bundle(section->bytes, "x");
}

}  // namespace

TEST_CASE("elf: the bundle of a real plugin is read, and is one", "[plugins]") {
  const auto file = bytes_of(cases_plugin);
  const auto section = value_of(read(file));
  CHECK(value_of(read_bundle(section.bytes, cases_plugin)).manifest.id == "cases");
}

TEST_CASE("elf: files of any width and byte order are read", "[plugins]") {
  const auto wide = GENERATE(true, false);
  const auto big_endian = GENERATE(true, false);
  const ElfBuilder file({.wide = wide,
                         .big_endian = big_endian,
                         .machine = 183,
                         .sections = {{".text", "code"}, {bundle_section, "the bundle"}, {".data", ""}}});
  const auto section = value_of(read(file.bytes()));
  CHECK(section.bytes == "the bundle");
  CHECK(section.machine == "aarch64");
}

TEST_CASE("elf: a plugin built for another machine is still read", "[plugins]") {
  auto file = bytes_of(cases_plugin);
  const auto bundle = std::string(value_of(read(file)).bytes);
  const auto [number, name] = GENERATE(table<int, std::string>(
      {{3, "i386"}, {40, "arm"}, {62, "x86_64"}, {183, "aarch64"}, {243, "riscv"}, {4711, "machine 4711"}}));
  file[18] = static_cast<char>(number & 0xff);
  file[19] = static_cast<char>(number >> 8);
  const auto section = value_of(read(file));
  CHECK(section.bytes == bundle);
  CHECK(section.machine == name);
}

TEST_CASE("elf: the counts of a file with very many sections stand in its first header", "[plugins]") {
  const auto wide = GENERATE(true, false);
  CHECK(value_of(read(ElfBuilder({.wide = wide, .extended_numbering = true}).bytes())).bytes == "the bundle");
}

TEST_CASE("elf: what is no shared library of strata's is refused in words", "[plugins]") {
  CHECK_THAT(refusal_of("").message, Contains("empty"));
  CHECK_THAT(refusal_of("#!/bin/sh\nexit 0\n").message, Contains("no ELF file") || Contains("not an ELF file"));
  CHECK_THAT(refusal_of(std::string(4096, '\0')).message, Contains("not an ELF file"));
  CHECK_THAT(refusal_of("\x7f"
                        "ELF")
                 .message,
             Contains("truncated"));
  CHECK_THAT(refusal_of(ElfBuilder({.type = 1}).bytes()).message, Contains("no shared library"));
  CHECK_THAT(refusal_of(ElfBuilder({.sections = {{".text", "code"}}}).bytes()).message,
             Contains("not a strata plugin") && Contains(bundle_section));
  CHECK_THAT(refusal_of(bytes_of(STRATA_PROGRAM)).message, Contains("not a strata plugin"));
}

TEST_CASE("elf: a section whose name only begins like the bundle's is another one", "[plugins]") {
  refusal_of(ElfBuilder({.sections = {{".strata.bundle.old", "x"}, {".strata.bundl", "x"}, {"x.strata.bundle", "x"}}})
                 .bytes());
}

TEST_CASE("elf: two bundles in one file are refused", "[plugins]") {
  CHECK_THAT(refusal_of(ElfBuilder({.sections = {{bundle_section, "one"}, {bundle_section, "two"}}}).bytes()).message,
             Contains("more than one"));
}

TEST_CASE("elf: a section larger than asked for is refused with both sizes", "[plugins]") {
  const auto file = ElfBuilder({.sections = {{bundle_section, std::string(1001, 'x')}}}).bytes();
  CHECK(read_elf_section(file, bundle_section, 1001));
  CHECK_THAT(error_of(read_elf_section(file, bundle_section, 1000)).message, Contains("1001") && Contains("1000"));
}

TEST_CASE("elf: a section that lies about its place or size is refused", "[plugins]") {
  const auto wide = GENERATE(true, false);
  const ElfBuilder file({.wide = wide});
  const unsigned width = wide ? 8 : 4;
  const auto bundle = file.header_of(1);
  const auto lie =
      GENERATE(as<std::uint64_t>{}, 0xffff, 0x7fffffff, 0xffffffff, 0xfffffffffffffff0, 0xffffffffffffffff);
  CHECK_THAT(refusal_of(file.with(bundle + file.size_field(), lie, width)).message, Contains("outside the file"));
  CHECK_THAT(refusal_of(file.with(bundle + file.size_field() - width, lie, width)).message,
             Contains("outside the file"));
  CHECK_THAT(refusal_of(file.with(bundle, lie, 4)).message, Contains("name lies outside"));
}

TEST_CASE("elf: a section that takes no room in the file is refused", "[plugins]") {
  const ElfBuilder file(ElfSketch{});
  CHECK_THAT(refusal_of(file.with(file.header_of(1) + 4, 8, 4)).message, Contains("outside the file"));  // SHT_NOBITS
}

TEST_CASE("elf: a section table that lies is refused", "[plugins]") {
  const ElfBuilder file(ElfSketch{});
  const auto lie = GENERATE(as<std::uint64_t>{}, 1, 0x7fffffff, 0xffffffffffffffc0, 0xffffffffffffffff);
  refusal_of(file.with(40, lie, 8));           // e_shoff
  refusal_of(file.with(58, lie & 0xffff, 2));  // e_shentsize
  refusal_of(file.with(62, lie & 0xffff, 2));  // e_shstrndx
  CHECK_THAT(refusal_of(file.with(40, 0, 8)).message, Contains("no section table"));
  CHECK_THAT(refusal_of(file.with(60, 0xfff0, 2)).message, Contains("truncated"));  // e_shnum
}

TEST_CASE("elf: whatever a byte of a header says, nothing is read that is not there", "[plugins]") {
  const auto wide = GENERATE(true, false);
  const ElfBuilder file({.wide = wide, .extended_numbering = GENERATE(true, false)});
  int accepted = 0;
  for (std::size_t at = 0; at < file.bytes().size(); ++at) {
    for (const unsigned value : {0x00u, 0x01u, 0x7fu, 0x80u, 0xffu}) {
      const auto damaged = file.with(at, value, 1);
      const auto section = read(damaged);
      if (!section) continue;
      ++accepted;
      const auto* begin = section->bytes.data();
      REQUIRE((begin >= damaged.data() && begin + section->bytes.size() <= damaged.data() + damaged.size()));
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("elf: names without an end cost no time", "[plugins]") {
  ElfSketch sketch;
  sketch.sections.assign(60'000, {"", ""});
  sketch.sections.emplace_back(".long", std::string(8u << 20, 'x'));  // becomes the table of names
  const ElfBuilder file(sketch);
  const auto damaged = file.with(62, sketch.sections.size(), 2);  // e_shstrndx
  const auto began = std::chrono::steady_clock::now();
  refusal_of(damaged);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}

TEST_CASE("elf: a plugin cut off anywhere is refused", "[plugins]") {
  const auto file = bytes_of(cases_plugin);
  for (std::size_t size = 0; size < file.size(); size += 64) {
    // A copy of its own, so that a sanitizer sees a step over the end.
    const std::string cut(file, 0, size);
    if (read(cut)) FAIL("accepted with " << size << " bytes of " << file.size());
  }
}

TEST_CASE("elf: no flipped bit of a plugin passes as another bundle", "[plugins]") {
  const auto file = bytes_of(cases_plugin);
  const auto bundle = std::string(value_of(read(file)).bytes);
  const auto table = file.size() - 64 * 40;  // the section headers stand last
  std::mt19937 random(9);
  for (int round = 0; round < 2'000; ++round) {
    // A third each: anywhere, the file's header, the section table.
    const auto kind = round % 3;
    const auto at = kind == 0   ? random() % file.size()
                    : kind == 1 ? random() % 64
                                : table + random() % (file.size() - table);
    auto damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 1 << random() % 8);
    if (!is_caught(damaged, bundle)) FAIL("byte " << at << " in round " << round);
  }
}

TEST_CASE("elf: no handful of flipped bits passes either", "[plugins]") {
  const auto file = bytes_of(cases_plugin);
  const auto bundle = std::string(value_of(read(file)).bytes);
  std::mt19937 random(10);
  for (int round = 0; round < 500; ++round) {
    auto damaged = file;
    for (auto flips = 2 + random() % 20; flips > 0; --flips) {
      const auto at = random() % damaged.size();
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << random() % 8);
    }
    if (!is_caught(damaged, bundle)) FAIL("round " << round);
  }
}
