// What is shipped, as a stranger would look at it: hardening, what it needs, what it is made of, what is not in it.
#include "core/base/digest.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

#include <elf.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

const fs::path folder = STRATA_RELEASE_FOLDER;
const fs::path program = folder / "bin" / "strata";

// Whether there is a release to look at. Says so if not.
bool is_built() {
  if (fs::exists(program)) return true;
  std::cerr << "SKIPPED, all about the release: there is no " << program
            << "; scripts/test builds it: cmake --preset release && cmake --build build/release\n";
  return false;
}

// A 64-bit ELF file of this machine's that the linker has just made: trusted as to its form.
class Elf {
 public:
  explicit Elf(const fs::path& path) : bytes_(bytes_of(path)) {
    std::memcpy(&header, bytes_.data(), sizeof header);
    for (int i = 0; i < header.e_phnum; ++i) segments.push_back(at<Elf64_Phdr>(header.e_phoff, i));
    for (int i = 0; i < header.e_shnum; ++i) sections_.push_back(at<Elf64_Shdr>(header.e_shoff, i));
    const auto* found = find_segment(PT_DYNAMIC);
    REQUIRE(found != nullptr);
    for (std::size_t i = 0; i < found->p_filesz / sizeof(Elf64_Dyn); ++i)
      dynamic.push_back(at<Elf64_Dyn>(found->p_offset, static_cast<int>(i)));
  }

  const Elf64_Phdr* find_segment(std::uint32_t type) const {
    const auto found = std::find_if(segments.begin(), segments.end(), [&](const auto& s) { return s.p_type == type; });
    return found == segments.end() ? nullptr : &*found;
  }
  const Elf64_Dyn* find_dynamic(std::int64_t tag) const {
    const auto found = std::find_if(dynamic.begin(), dynamic.end(), [&](const auto& d) { return d.d_tag == tag; });
    return found == dynamic.end() ? nullptr : &*found;
  }
  std::string section(const std::string& name) const {
    for (const auto& section : sections_) {
      if (&bytes_[sections_[header.e_shstrndx].sh_offset + section.sh_name] == name)
        return bytes_.substr(section.sh_offset, section.sh_size);
    }
    return {};
  }
  std::set<std::string> needed() const {
    const auto names = section(".dynstr");
    std::set<std::string> libraries;
    for (const auto& entry : dynamic) {
      if (entry.d_tag == DT_NEEDED) libraries.insert(&names[entry.d_un.d_val]);
    }
    return libraries;
  }
  bool imports(const std::string& symbol) const {
    return section(".dynstr").find('\0' + symbol + '\0') != std::string::npos;
  }
  const std::string& bytes() const { return bytes_; }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Dyn> dynamic;

 private:
  template <typename T>
  T at(std::size_t offset, int index) const {
    T value;
    std::memcpy(&value, &bytes_.at(offset + static_cast<std::size_t>(index) * sizeof(T)), sizeof value);
    return value;
  }

  std::string bytes_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace

TEST_CASE("release: it is position-independent, its tables are read-only, no page is writable and executable",
          "[release]") {
  if (!is_built()) return;
  const Elf elf(program);
  CHECK(elf.header.e_type == ET_DYN);
  REQUIRE(elf.find_dynamic(DT_FLAGS_1) != nullptr);
  CHECK((elf.find_dynamic(DT_FLAGS_1)->d_un.d_val & DF_1_PIE) != 0);
  CHECK((elf.find_dynamic(DT_FLAGS_1)->d_un.d_val & DF_1_NOW) != 0);
  CHECK(elf.find_segment(PT_GNU_RELRO) != nullptr);
  REQUIRE(elf.find_segment(PT_GNU_STACK) != nullptr);
  CHECK((elf.find_segment(PT_GNU_STACK)->p_flags & PF_X) == 0);
  for (const auto& segment : elf.segments) CHECK((segment.p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
  CHECK(elf.find_dynamic(DT_TEXTREL) == nullptr);
  CHECK(elf.find_dynamic(DT_RPATH) == nullptr);
  CHECK(elf.find_dynamic(DT_RUNPATH) == nullptr);
}

TEST_CASE("release: it has stack protectors, checked calls and, on x86, control-flow marks", "[release]") {
  if (!is_built()) return;
  const Elf elf(program);
  CHECK(elf.imports("__stack_chk_fail"));
  CHECK((elf.imports("__memcpy_chk") || elf.imports("__snprintf_chk") || elf.imports("__fprintf_chk")));
  CHECK(elf.imports("_ZSt21__glibcxx_assert_failPKciS0_S0_"));
  if (elf.header.e_machine != EM_X86_64) return;
  // Where an indirect branch may land stands ENDBR64. (The note that says so of the whole file is not there: Debian's
  // start-up files have none, and the linker only writes what holds for all of its input.)
  const auto code = elf.section(".text");
  std::size_t marks = 0;
  for (auto at = code.find("\xf3\x0f\x1e\xfa"); at != std::string::npos; at = code.find("\xf3\x0f\x1e\xfa", at + 4))
    ++marks;
  CHECK(marks > 1'000);
}

TEST_CASE("release: it needs the libraries that the README names, and no others", "[release]") {
  if (!is_built()) return;
  const std::set<std::string> known = {"libpq.so.5",        "libsqlite3.so.0",       "libcrypto.so.3",
                                       "libzstd.so.1",      "libpg_query.so.1504.0", "libboost_filesystem.so.1.81.0",
                                       "libspdlog.so.1.10", "libfmt.so.9",           "libtomlplusplus.so.3",
                                       "libstdc++.so.6",    "libgcc_s.so.1",         "libc.so.6",
                                       "libm.so.6",         "ld-linux-x86-64.so.2"};
  for (const auto& library : Elf(program).needed()) {
    INFO(library);
    CHECK(known.count(library) == 1);
  }
}

TEST_CASE("release: no name of a stop point and no test switch is in it", "[release]") {
  if (!is_built()) return;
  const auto bytes = bytes_of(program);
  CHECK(bytes.find("STRATA_TEST_") == std::string::npos);
  // The names, as the sources have them; most are words, so with what surrounds them as texts of their own.
  std::set<std::string> names;
  const std::regex point("STRATA_STOP_POINT\\(\"([^\"]+)\"\\)");
  for (const char* room : {"core", "state", "plugins"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STRATA_SOURCE_DIR) / room)) {
      if (entry.path().extension() != ".cpp") continue;
      const auto text = bytes_of(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), point), end; at != end; ++at) names.insert((*at)[1]);
    }
  }
  REQUIRE(names.size() > 15);
  for (const auto& name : names) {
    if (name.find('-') == std::string::npos) continue;  // "connected": strata says such words to people as well
    INFO(name);
    CHECK(bytes.find('\0' + name + '\0') == std::string::npos);
  }
  CHECK(bytes.find(fs::path(STRATA_SOURCE_DIR).string()) == std::string::npos);
}

TEST_CASE("release: version --json names all that is linked, with Debian's versions", "[release]") {
  if (!is_built()) return;
  const auto said = nlohmann::json::parse(run({program.string(), "version", "--json"}).out);
  CHECK(said.at("format") == 1);
  std::set<std::string> packages;
  for (const auto& component : said.at("components")) {
    packages.insert(component.at("package"));
    const auto package = component.at("package").get<std::string>();
    const auto asked = run({"dpkg-query", "-W", "-f=${Version}\n", package}).out;
    INFO(package);
    CHECK(asked.substr(0, asked.find('\n')) == component.at("version").get<std::string>());
  }
  for (const char* package : {"libpq5", "libsqlite3-0", "libssl3", "libstdc++6", "libcli11-dev"})
    CHECK(packages.count(package) == 1);
  // What the loader brought is at least what the file asks for.
  std::set<std::string> loaded;
  for (const auto& path : said.at("loaded")) loaded.insert(fs::path(path.get<std::string>()).filename());
  for (const auto& library : Elf(program).needed()) {
    INFO(library);
    CHECK(loaded.count(library) == 1);
  }
}

TEST_CASE("release: its SBOM is CycloneDX, of this very file, and complete", "[release]") {
  if (!is_built()) return;
  const auto sbom = nlohmann::json::parse(bytes_of(folder / "strata.cdx.json"));
  CHECK(sbom.at("bomFormat") == "CycloneDX");
  CHECK(sbom.at("specVersion") == "1.5");
  CHECK(std::regex_match(sbom.at("serialNumber").get<std::string>(),
                         std::regex("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")));
  const auto& application = sbom.at("metadata").at("component");
  CHECK(application.at("type") == "application");
  CHECK(application.at("hashes").at(0).at("content") == strata::hex(strata::sha256(bytes_of(program))));
  std::set<std::string> references = {"strata"};
  std::set<std::string> direct;
  for (const auto& component : sbom.at("components")) {
    CHECK(component.at("type") == "library");
    CHECK(component.at("version") != "unknown");
    CHECK(component.at("purl").get<std::string>().starts_with("pkg:deb/debian/"));
    CHECK(references.insert(component.at("bom-ref")).second);
    if (component.at("properties").at(0).at("value") != "transitive") direct.insert(component.at("name"));
  }
  for (const auto& dependency : sbom.at("dependencies")) {
    CHECK(references.count(dependency.at("ref")) == 1);
    for (const auto& other : dependency.value("dependsOn", nlohmann::json::array()))
      CHECK(references.count(other) == 1);
  }
  const auto said = nlohmann::json::parse(run({program.string(), "version", "--json"}).out);
  for (const auto& component : said.at("components")) {
    INFO(component.at("package"));
    CHECK(direct.count(component.at("package")) == 1);
  }
}
