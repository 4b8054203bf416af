// The tables of an evidence pack, for spreadsheets (CSV) and for programs (JSON, docs/json.md). Long ones are written
// row by row.
#pragma once

#include "core/evidence.h"

#include <functional>
#include <string>
#include <string_view>

namespace strata {

using TakeText = std::function<void(std::string_view)>;

void write_runs_csv(const Evidence& evidence, const TakeText& out);
void write_runs_json(const Evidence& evidence, const TakeText& out);
void write_migrations_csv(const Evidence& evidence, const TakeText& out);
void write_migrations_json(const Evidence& evidence, const TakeText& out);
std::string verification_json(const Evidence& evidence);

// events.csv and events.json: what stands before the first event, each event, and what stands behind the last. What
// cannot be decoded has a row as well, with its leaf and chain value.
std::string events_csv_header();
std::string event_csv_row(const StoredEvent& stored, const Result<Event>& event);
std::string event_json_object(const StoredEvent& stored, const Result<Event>& event);

}  // namespace strata
