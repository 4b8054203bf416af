#include "state/snapshot.h"

#include "state/bytes.h"
#include "state/ledger.h"

#include <algorithm>
#include <limits>

namespace strata {

namespace {

constexpr std::uint8_t format = 0x01;

const char* name_of(MigrationKind kind) {
  return kind == MigrationKind::repeatable ? "repeatable" : "migration";
}

std::optional<MigrationKind> parse_migration_kind(std::string_view text) {
  for (const auto kind : {MigrationKind::migration, MigrationKind::repeatable}) {
    if (text == name_of(kind)) return kind;
  }
  return std::nullopt;
}

int as_count(std::int64_t number) {
  return static_cast<int>(std::clamp<std::int64_t>(number, 0, std::numeric_limits<int>::max()));
}

std::optional<int> take_count(ByteReader& reader) {
  const auto number = reader.take_number();
  if (!number || as_count(*number) != *number) return std::nullopt;
  return as_count(*number);
}

std::optional<Digest> take_digest(ByteReader& reader) {
  const auto bytes = reader.take(sizeof(Digest));
  return bytes ? digest_from_bytes(*bytes) : std::nullopt;
}

std::optional<AppliedMigration> take_migration(ByteReader& reader) {
  const auto module = reader.take_text();
  const auto name = reader.take_text();
  const auto kind = parse_migration_kind(reader.take_text().value_or(""));
  const auto state = parse_migration_state(reader.take_text().value_or(""));
  const auto sha256 = take_digest(reader);
  const auto fingerprint = take_digest(reader);
  const auto done = take_count(reader);
  const auto total = take_count(reader);
  const auto position = reader.take_number();
  if (!module || !name || !kind || !state || !sha256 || !fingerprint || !done || !total || !position) {
    return std::nullopt;
  }
  return AppliedMigration{.id = {std::string(*module), std::string(*name)},
                          .kind = *kind,
                          .state = *state,
                          .sha256 = *sha256,
                          .fingerprint = *fingerprint,
                          .statements_done = *done,
                          .statements_total = *total,
                          .position = *position};
}

// What a claim, or a migration that came about without one, says: nothing of an earlier entry remains.
AppliedMigration begun_by(const MigrationId& id, const Event& event) {
  return {.id = id,
          .kind = parse_migration_kind(event.migration_kind).value_or(MigrationKind::migration),
          .state = MigrationState::running,
          .sha256 = event.sha256.value_or(Digest{}),
          .fingerprint = event.fingerprint.value_or(Digest{}),
          .statements_done = as_count(event.statements_done),
          .statements_total = as_count(event.statements_total),
          .position = event.position};
}

// What happens to one that is there: what the event does not say stays as it is.
void move_on(AppliedMigration& migration, MigrationState state, const Event& event) {
  migration.state = state;
  if (event.fingerprint) migration.fingerprint = *event.fingerprint;
  if (event.statements_done != 0) migration.statements_done = as_count(event.statements_done);
}

}  // namespace

std::string encode_applied(const Applied& applied) {
  std::string out(1, static_cast<char>(format));
  put_number(out, static_cast<std::int64_t>(applied.size()));
  for (const auto& [id, migration] : applied) {
    put_text(out, id.module);
    put_text(out, id.name);
    put_text(out, name_of(migration.kind));
    put_text(out, name_of(migration.state));
    out.append(as_bytes(migration.sha256));
    out.append(as_bytes(migration.fingerprint));
    put_number(out, migration.statements_done);
    put_number(out, migration.statements_total);
    put_number(out, migration.position);
  }
  return out.append(as_bytes(sha256(out)));
}

Result<Applied> decode_applied(std::string_view bytes) {
  const auto damaged = [] { return fail(ErrorCode::bad_ledger, "not the encoding of a snapshot, or a damaged one"); };
  if (bytes.size() < sizeof(Digest)) return damaged();
  const auto content = bytes.substr(0, bytes.size() - sizeof(Digest));
  if (digest_from_bytes(bytes.substr(content.size())) != sha256(content)) return damaged();
  ByteReader reader(content);
  if (!reader.next_is(format)) return damaged();
  reader.take(1);
  const auto count = reader.take_number();
  Applied applied;
  while (!reader.at_end()) {
    auto migration = take_migration(reader);
    if (!migration || (!applied.empty() && migration->id <= applied.rbegin()->first)) return damaged();
    applied.emplace_hint(applied.end(), migration->id, std::move(*migration));
  }
  if (!count || static_cast<std::size_t>(*count) != applied.size()) return damaged();
  return applied;
}

void fold_into(Applied& applied, const Event& event) {
  const auto id = parse_migration_id(event.subject);
  if (!id) return;  // about the database as a whole, or a run
  const auto found = applied.find(*id);
  const auto there = [&]() -> AppliedMigration& {
    return found != applied.end() ? found->second : applied.emplace(*id, begun_by(*id, event)).first->second;
  };
  switch (event.kind) {
    case EventKind::applied:
    case EventKind::adopted: {
      auto& migration = applied[*id] = begun_by(*id, event);
      migration.state = MigrationState::applied;
      migration.statements_done = migration.statements_total;
      break;
    }
    case EventKind::started:
      applied[*id] = begun_by(*id, event);
      break;
    case EventKind::step:
      move_on(there(), MigrationState::running, event);
      break;
    case EventKind::failed:
      move_on(there(), MigrationState::failed, event);
      break;
    case EventKind::in_doubt:
      move_on(there(), MigrationState::in_doubt, event);
      break;
    case EventKind::resolved: {
      if (event.note == "rolled-back") {
        applied.erase(*id);
        break;
      }
      const bool is_applied = event.note == "applied";
      auto& migration = there();
      move_on(migration, is_applied ? MigrationState::applied : MigrationState::failed, event);
      if (is_applied) migration.statements_done = migration.statements_total;
      break;
    }
    case EventKind::reverted:
      applied.erase(*id);
      break;
    case EventKind::checksum_accepted:
      if (found != applied.end() && event.sha256) found->second.sha256 = *event.sha256;
      break;
    case EventKind::genesis:
    case EventKind::intent:
    case EventKind::outcome:
    case EventKind::anchor:
    case EventKind::imported:
    case EventKind::refused:
    case EventKind::observed:
    case EventKind::snapshot:
    case EventKind::drift:
      break;  // nothing that is applied changes
  }
}

Applied fold(const std::vector<LedgerEvent>& events) {
  Applied applied;
  for (const auto& event : events) fold_into(applied, event.event);
  return applied;
}

}  // namespace strata
