// The long parts of an evidence pack's page: what its tables hold, and the SQL.
#pragma once

#include "core/report/evidence_html.h"

#include <cstdint>
#include <string>

namespace strata {

std::string html_time(std::int64_t at_ms);  // "2026-11-26 09:30:00", with its exact form for programs

void write_runs_section(const Evidence& evidence, const TakeText& out);
void write_migrations_section(const Evidence& evidence, const TakeText& out);
void write_sql_section(const Evidence& evidence, const FindText& find_text, const TakeText& out);

}  // namespace strata
