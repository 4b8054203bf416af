// Reads a section of an ELF file that may be damaged, hostile or made for another machine. Nothing is executed, nothing
// is trusted: every number from the file is checked against the bytes that are there. (dlopen is no parser of untrusted
// files: it kills the process over a truncated library.)
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace strata {

struct ElfSection {
  std::string_view bytes;  // a view into the file's bytes
  std::string machine;     // "x86_64", "aarch64", …; "machine 243" where the name is not known
};

// The section `name` of a shared object: 32 or 64 bit, either byte order. Fails with bad_module, saying what is wrong,
// in words that follow "PATH ": for what is no ELF file, truncated, no shared object, has no such section or more than
// one, or one that is larger than `most` bytes. Format: System V gABI, chapter 4.
Result<ElfSection> read_elf_section(std::string_view file, std::string_view name, std::size_t most);

}  // namespace strata
