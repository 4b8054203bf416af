// What a script's fingerprint is made of: tokens, so that comments, white space and line ends do not count.
#pragma once

#include "core/base/digest.h"

#include <string>
#include <string_view>

namespace strata {

// Takes the tokens of a script one by one and keeps next to nothing, whatever the size of the script. Promised, since
// fingerprints are kept in the history and the ledger:
//   - A statement is written as a stream: each of its tokens, and at last an empty one, preceded by its length as 8
//   bytes
//     big-endian; CR LF within a token (a literal, COPY data) becomes LF, as git and editors change it.
//   - The stream is cut into blocks of 64 KiB, the last one shorter. F = SHA-256(F before ‖ block) for each in turn.
//   - F of a script without statements is SHA-256 of nothing. F after its last statement is the script's fingerprint,
//   and F
//     after statement n that of its first n statements.
class Fingerprint {
 public:
  void add_token(std::string_view token);
  void end_statement();
  const Digest& digest() const { return digest_; }  // after the last end_statement()

 private:
  void write(std::string_view bytes);
  void close_block();

  Digest digest_ = sha256("");
  std::string block_;
};

}  // namespace strata
