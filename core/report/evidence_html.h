// index.html of an evidence pack: one page for people, on screen and on paper. No script, and nothing that is fetched.
#pragma once

#include "core/evidence.h"
#include "core/report/evidence_tables.h"

#include <functional>
#include <optional>
#include <string>

namespace strata {

// The text with this SHA-256; nullopt: it cannot be had.
using FindText = std::function<std::optional<std::string>(const Digest&)>;

// Piece by piece. Runs and migrations are listed, events are not; where there are more than people read, the newest,
// and where the rest is.
void write_evidence_html(const Evidence& evidence, const FindText& find_text, const TakeText& out);

}  // namespace strata
