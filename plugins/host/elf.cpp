#include "plugins/host/elf.h"

#include <cstdint>
#include <optional>

namespace strata {

namespace {

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::bad_module, what);
}

// Numbers at offsets of a file, in the file's own width and byte order; nullopt: not inside the file.
class Reader {
 public:
  Reader(std::string_view bytes, bool wide, bool big_endian) : bytes_(bytes), wide_(wide), big_endian_(big_endian) {}

  std::optional<std::uint64_t> number(std::uint64_t offset, unsigned width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < width) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) {
      const auto byte = static_cast<std::uint8_t>(bytes_[offset + i]);
      value |= static_cast<std::uint64_t>(byte) << 8 * (big_endian_ ? width - 1 - i : i);
    }
    return value;
  }

  // A field whose place and width depend on the class of the file.
  std::optional<std::uint64_t> field(std::uint64_t base, unsigned at32, unsigned at64, unsigned width32,
                                     unsigned width64) const {
    return wide_ ? number(base + at64, width64) : number(base + at32, width32);
  }

  std::optional<std::string_view> bytes(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return std::nullopt;
    return bytes_.substr(offset, size);
  }

 private:
  std::string_view bytes_;
  bool wide_;
  bool big_endian_;
};

std::string machine_name(std::uint64_t machine) {
  switch (machine) {
    case 3:
      return "i386";
    case 40:
      return "arm";
    case 62:
      return "x86_64";
    case 183:
      return "aarch64";
    case 243:
      return "riscv";
    case 21:
      return "ppc64";
    case 22:
      return "s390x";
    default:
      return "machine " + std::to_string(machine);
  }
}

}  // namespace

Result<ElfSection> read_elf_section(std::string_view file, std::string_view name, std::size_t most) {
  using namespace std::string_view_literals;
  if (file.empty()) return damaged("is empty");
  if (file.substr(0, 4) !=
      "\x7f"
      "ELF"sv)
    return damaged("is not an ELF file");
  if (file.size() < 20) return damaged("is a truncated ELF file");
  const int elf_class = file[4];
  const int encoding = file[5];
  if (elf_class != 1 && elf_class != 2) return damaged("has an unknown ELF class");
  if (encoding != 1 && encoding != 2) return damaged("has an unknown ELF byte order");
  const bool wide = elf_class == 2;
  const Reader reader(file, wide, encoding == 2);

  const auto type = reader.number(16, 2);
  const auto machine = reader.number(18, 2);
  const auto table = reader.field(0, 32, 40, 4, 8);       // e_shoff
  const auto entry_size = reader.field(0, 46, 58, 2, 2);  // e_shentsize
  auto count = reader.field(0, 48, 60, 2, 2);             // e_shnum
  auto names_index = reader.field(0, 50, 62, 2, 2);       // e_shstrndx
  if (!type || !machine || !table || !entry_size || !count || !names_index) return damaged("is a truncated ELF file");
  if (*type != 3) return damaged("is no shared library");
  if (*table == 0) return damaged("has no section table: it was stripped or cut off");
  if (*entry_size != (wide ? 64u : 40u)) return damaged("has section headers of an impossible size");
  // More than 65,279 sections: the true counts stand in the first header (gABI, "extended section numbering").
  if (*count == 0) count = reader.field(*table, 20, 32, 4, 8);
  if (*names_index == 0xffff) names_index = reader.field(*table, 24, 40, 4, 4);
  if (!count || !names_index || *count == 0 || *table > file.size() || *count > (file.size() - *table) / *entry_size ||
      *names_index >= *count) {
    return damaged("has a section table that lies outside the file: it is truncated");
  }

  const auto header_at = [&](std::uint64_t index) { return *table + index * *entry_size; };
  const auto content_of = [&](std::uint64_t header) -> std::optional<std::string_view> {
    const auto section_type = reader.number(header + 4, 4);
    const auto offset = reader.field(header, 16, 24, 4, 8);
    const auto size = reader.field(header, 20, 32, 4, 8);
    constexpr std::uint64_t occupies_no_space = 8;  // SHT_NOBITS
    if (!section_type || !offset || !size || *section_type == occupies_no_space) return std::nullopt;
    return reader.bytes(*offset, *size);
  };
  const auto names = content_of(header_at(*names_index));
  if (!names) return damaged("has a table of section names that lies outside the file");

  std::optional<std::string_view> found;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto name_at = reader.number(header_at(i), 4);
    if (!name_at || *name_at >= names->size()) return damaged("has a section whose name lies outside its table");
    // Not as far as the next NUL: in a hostile file that could be megabytes away for each of a million sections.
    const auto rest = names->substr(*name_at);
    if (rest.substr(0, name.size()) != name || rest.substr(name.size(), 1) != "\0"sv) continue;
    if (found) return damaged("has more than one section " + std::string(name));
    found = content_of(header_at(i));
    if (!found) return damaged("has a section " + std::string(name) + " that lies outside the file: it is truncated");
  }
  if (!found) return damaged("is not a strata plugin: it has no section " + std::string(name));
  if (found->size() > most) {
    return damaged("has a section " + std::string(name) + " of " + std::to_string(found->size()) + " bytes; at most " +
                   std::to_string(most) + " are read");
  }
  return ElfSection{*found, machine_name(*machine)};
}

}  // namespace strata
