// ELF files written by hand: small, of any class, byte order and machine, and wrong where a test wants them so.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strata::test {

struct ElfSketch {
  bool wide = true;  // 64 bit
  bool big_endian = false;
  unsigned machine = 62;  // x86_64
  unsigned type = 3;      // a shared object
  std::vector<std::pair<std::string, std::string>> sections = {{".strata.bundle", "the bundle"}};
  bool extended_numbering = false;  // the counts stand in the first section header
};

class ElfBuilder {
 public:
  explicit ElfBuilder(const ElfSketch& sketch) : sketch_(sketch) {
    auto sections = sketch.sections;
    std::string names(1, '\0');
    std::vector<std::uint64_t> name_offsets;
    sections.emplace_back(".shstrtab", "");
    for (const auto& [name, content] : sections) {
      name_offsets.push_back(names.size());
      names += name + '\0';
    }
    sections.back().second = names;

    bytes_.resize(header_size());
    std::vector<std::uint64_t> offsets;
    for (const auto& [name, content] : sections) {
      offsets.push_back(bytes_.size());
      bytes_ += content;
    }
    table_ = bytes_.size();
    write_header(sections.size() + 1);
    append_section_header(0, 0, 0, sketch.extended_numbering ? sections.size() + 1 : 0,
                          sketch.extended_numbering ? sections.size() : 0);
    for (std::size_t i = 0; i < sections.size(); ++i)
      append_section_header(name_offsets[i], 1, offsets[i], sections[i].second.size(), 0);
  }

  const std::string& bytes() const { return bytes_; }
  // Where the header of a section begins: 0 is the null section, then those of the sketch.
  std::size_t header_of(std::size_t section) const { return table_ + section * section_header_size(); }
  // Where sh_size lies within a section's header.
  std::size_t size_field() const { return sketch_.wide ? 32 : 20; }
  std::string with(std::size_t at, std::uint64_t value, unsigned width) const {
    auto changed = bytes_;
    changed.replace(at, width, number(value, width));
    return changed;
  }

 private:
  std::size_t header_size() const { return sketch_.wide ? 64 : 52; }
  std::size_t section_header_size() const { return sketch_.wide ? 64 : 40; }
  unsigned word() const { return sketch_.wide ? 8 : 4; }

  std::string number(std::uint64_t value, unsigned width) const {
    std::string text(width, '\0');
    for (unsigned i = 0; i < width; ++i)
      text[sketch_.big_endian ? width - 1 - i : i] = static_cast<char>(value >> 8 * i);
    return text;
  }

  void write_header(std::size_t section_count) {
    std::string header =
        "\x7f"
        "ELF";
    header += sketch_.wide ? '\2' : '\1';
    header += sketch_.big_endian ? '\2' : '\1';
    header += '\1';
    header.resize(16);
    header += number(sketch_.type, 2) + number(sketch_.machine, 2) + number(1, 4);
    header +=
        number(0, word()) + number(0, word()) + number(table_, word());  // entry, program headers, section headers
    header += number(0, 4) + number(header_size(), 2) + number(0, 2) + number(0, 2) + number(section_header_size(), 2);
    header += number(sketch_.extended_numbering ? 0 : section_count, 2) +
              number(sketch_.extended_numbering ? 0xffff : section_count - 1, 2);
    bytes_.replace(0, header.size(), header);
  }

  void append_section_header(std::uint64_t name, unsigned type, std::uint64_t offset, std::uint64_t size,
                             std::uint64_t link) {
    bytes_ += number(name, 4) + number(type, 4) + number(2, word()) + number(0, word()) + number(offset, word()) +
              number(size, word()) + number(link, 4) + number(0, 4) + number(1, word()) + number(0, word());
  }

  ElfSketch sketch_;
  std::string bytes_;
  std::size_t table_ = 0;
};

}  // namespace strata::test
