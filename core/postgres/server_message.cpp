#include "core/postgres/server_message.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"

#include <libpq-fe.h>

#include <charconv>

namespace strata {

namespace {

constexpr std::size_t longest_text = 8'192;  // of each part of a message, which may be megabytes

// Cut, and with the lines after the first indented: whoever raises an error in a function chooses its text, and must
// not write lines that look like strata's own.
std::string text_field(const PGresult* result, int code) {
  auto text = field(result, code);
  if (const auto size = text.size(); size > longest_text) {
    auto end = longest_text;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
    text.resize(end);
    text += "… (" + std::to_string(size) + " bytes in all)";
  }
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, "      ");
  return text;
}

}  // namespace

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

ServerMessage message_of(const PGresult* result) {
  ServerMessage message{field(result, PG_DIAG_SEVERITY_NONLOCALIZED),
                        field(result, PG_DIAG_SQLSTATE),
                        text_field(result, PG_DIAG_MESSAGE_PRIMARY),
                        text_field(result, PG_DIAG_MESSAGE_DETAIL),
                        text_field(result, PG_DIAG_MESSAGE_HINT),
                        text_field(result, PG_DIAG_CONTEXT),
                        0};
  const auto position = field(result, PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(), message.position);
  return message;
}

Error to_error(const ServerMessage& message) {
  const auto& state = message.sqlstate;
  Error error{.code = ErrorCode::sql_failed, .message = printable(message.message), .sqlstate = state};
  if (!message.detail.empty()) error.message += "\n  detail: " + printable(message.detail);
  if (!message.hint.empty()) error.message += "\n  hint: " + printable(message.hint);
  if (state == "55P03") error.code = ErrorCode::lock_unavailable;
  if (state == "42501") error.code = ErrorCode::not_permitted;
  if (state == "ST002") error.code = ErrorCode::history_damaged;
  if (state == "57014" && interrupt::signal_number() != 0) {
    const auto stopped = interrupt::error();
    error.code = stopped.code;
    error.message = stopped.message;
    error.signal = stopped.signal;
  }
  return error;
}

}  // namespace strata
