// What the server says, and what that means for whoever runs strata.
#pragma once

#include "core/base/result.h"

#include <string>

struct pg_result;

namespace strata {

// What the server said: an error or a notice. Texts are as they came: print them through printable().
struct ServerMessage {
  std::string severity;
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  std::string context;
  int position = 0;  // in characters of the statement, from 1; 0: none
};

ServerMessage message_of(const pg_result* result);
// One of libpq's PG_DIAG_ fields, as it came; "" where there is none.
std::string field(const pg_result* result, int code);

// The Error for a refusal, by its SQLSTATE: sql_failed, lock_unavailable (55P03), connection_lost (57P0x, 08),
// not_permitted (42501), refused by strata's own functions (ST…); detail and hint on lines of their own.
Error to_error(const ServerMessage& message);

}  // namespace strata
