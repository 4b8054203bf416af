#include "state/compression.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace strata {

namespace {

constexpr unsigned long long largest_text = 1'000'000'000;  // SQLITE_MAX_LENGTH: a frame that claims more is a lie
constexpr int level = 3;

}  // namespace

std::string compress(std::string_view text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size)) throw std::bad_alloc();  // the buffer is large enough
  frame.resize(size);
  return frame;
}

std::optional<std::string> decompress(std::string_view frame) {
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > largest_text) return std::nullopt;
  std::string text(size, '\0');
  const auto written = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_getErrorCode(written) == ZSTD_error_memory_allocation) throw std::bad_alloc();
  if (ZSTD_isError(written) || written != text.size()) return std::nullopt;
  return text;
}

}  // namespace strata
