#include "core/execute/prisma_contact.h"

#include "core/base/escape.h"
#include "core/sql/script.h"

#include <algorithm>
#include <map>

namespace strata {

namespace {

// Each LF with a CR before it, or without.
std::string with_line_ends(std::string_view text, bool carriage_return) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\n' && carriage_return) out.push_back('\r');
    out.push_back(text[i]);
  }
  return out;
}

std::string hex_without_zeros(const Digest& digest) {
  const auto padded = hex(digest);
  std::string out;
  for (std::size_t i = 0; i < padded.size(); i += 2) {
    if (padded[i] != '0') out.push_back(padded[i]);
    out.push_back(padded[i + 1]);
  }
  return out;
}

// The text as it was before somebody wrote directives at its head.
std::string_view without_directives(std::string_view text) {
  while (text.starts_with("-- strata:")) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace

bool is_prisma_checksum_of(const std::string& checksum, std::string_view text) {
  const auto valid = replace_invalid_utf8(text);
  const auto is_of = [&](std::string_view candidate) {
    const auto digest = sha256(candidate);
    return checksum == (checksum.size() == 64 ? hex(digest) : hex_without_zeros(digest));
  };
  return is_of(valid) || is_of(with_line_ends(valid, false)) || is_of(with_line_ends(valid, true));
}

PrismaContact compare_with_prisma(const Module& owner, const Applied& applied, const std::vector<PrismaRow>& rows,
                                  const Ledger* ledger) {
  PrismaContact contact;
  contact.owner = owner.id;
  std::map<std::string, const PrismaRow*> finished;  // the last row of a name counts
  for (const auto& row : rows) {
    if (row.counts_as_applied()) finished[row.name] = &row;
    // strata's own rows for what it runs without a transaction are unfinished meanwhile, and it knows better.
    if (row.counts_as_failed() && applied.count({owner.id, row.name}) == 0) contact.failed.push_back(row);
  }
  std::map<std::string, bool> counts;  // whether any row of the name does
  for (const auto& row : rows) counts[row.name] |= !row.rolled_back;
  for (const auto& [name, any] : counts) {
    if (!any) contact.rolled_back.push_back(name);
  }
  for (const auto& migration : owner.migrations) {
    const auto known = applied.find(migration.id);
    const auto there = finished.find(migration.id.name);
    if (there == finished.end()) {
      if (known != applied.end() && known->second.state == MigrationState::applied)
        contact.unwritten.push_back(&migration);
      continue;
    }
    const auto& row = *there->second;
    finished.erase(there);
    if (known != applied.end()) continue;
    // A text that is not UTF-8 has no statements to speak of; what ran is known by its bytes then.
    const auto statements = fingerprint_of(migration.sql, migration.path);
    Adoption adoption{&migration, migration.sha256, statements.value_or(migration.sha256), "row " + row.id};
    const auto applied_digest = digest_from_hex(row.checksum);
    const auto before = without_directives(migration.sql);
    if (before.size() < migration.sql.size() && applied_digest && is_prisma_checksum_of(row.checksum, before)) {
      adoption.sha256 = *applied_digest;  // the statements are the same: a changed comment, as planning sees it
    } else if (!is_prisma_checksum_of(row.checksum, migration.sql)) {
      adoption.sha256 = applied_digest.value_or(Digest{});
      adoption.fingerprint = Digest{};
      const auto text = ledger != nullptr && applied_digest ? ledger->blob(*applied_digest)
                                                            : Result<std::optional<std::string>>(std::nullopt);
      if (text && *text) adoption.fingerprint = fingerprint_of(**text, migration.path).value_or(Digest{});
    }
    contact.adopted.push_back(std::move(adoption));
  }
  for (const auto& [name, row] : finished) contact.unknown.push_back(name);
  return contact;
}

Applied with_adopted(Applied applied, const PrismaContact& contact) {
  for (const auto& adoption : contact.adopted) {
    AppliedMigration record;
    record.id = adoption.migration->id;
    record.sha256 = adoption.sha256;
    record.fingerprint = adoption.fingerprint;
    applied.emplace(record.id, std::move(record));
  }
  return applied;
}

Result<void> refuse_failed(const PrismaContact& contact) {
  if (contact.failed.empty()) return {};
  std::string list;
  for (const auto& row : contact.failed)
    list += "\n  " + printable(row.name) + ", which prisma migrate began at " + row.started_at;
  const auto id = contact.owner + "/" + printable(contact.failed.front().name);
  return fail(
      Error{.code = ErrorCode::needs_person,
            .message = "a migration has failed, and nothing more is applied until that is settled [P3009]:" + list,
            .next = "look at the database, then: strata resolve " + id +
                    " --rolled-back (nothing of it is left: it runs again), or strata resolve " + id +
                    " --applied (all of it is there)",
            .subject = id});
}

}  // namespace strata
