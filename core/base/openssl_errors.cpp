#include "core/base/openssl_errors.h"

#include <openssl/err.h>

#include <new>
#include <system_error>

namespace strata {

void take_openssl_errors() {
  bool out_of_memory = false;
  while (const auto error = ERR_get_error()) out_of_memory |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  if (out_of_memory) throw std::bad_alloc();
}

void openssl_cannot(const std::string& what) {
  take_openssl_errors();
  throw std::system_error(std::make_error_code(std::errc::not_supported),
                          "OpenSSL cannot " + what + ": for want of memory, or as OPENSSL_CONF sets it up");
}

}  // namespace strata
