// What OpenSSL could not do: for want of memory, or because it is set up so (OPENSSL_CONF without its providers).
#pragma once

#include <string>

namespace strata {

// Empties OpenSSL's queue of errors of this thread. Throws std::bad_alloc where one of them is that memory ran out.
void take_openssl_errors();

// For what works on a machine that is in order. Throws std::bad_alloc, or std::system_error that says "OpenSSL cannot
// <what>".
[[noreturn]] void openssl_cannot(const std::string& what);

}  // namespace strata
