#include "state/bytes.h"
#include "state/ledger.h"
#include "state/snapshot.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

const MigrationId id{"cases", "20260101090000_create_cases"};

Event event_of(EventKind kind) {
  Event event;
  event.kind = kind;
  event.subject = id.text();
  return event;
}

Event with_text(EventKind kind, std::int64_t position, const std::string& text, std::int64_t total) {
  auto event = event_of(kind);
  event.migration_kind = "migration";
  event.position = position;
  event.sha256 = sha256(text);
  event.fingerprint = sha256("fingerprint of " + text);
  event.statements_total = total;
  return event;
}

Event with_done(EventKind kind, std::int64_t done) {
  auto event = event_of(kind);
  event.statements_done = done;
  return event;
}

Event resolved(const std::string& note, std::int64_t done = 0) {
  auto event = with_done(EventKind::resolved, done);
  event.note = note;
  return event;
}

Applied after(const std::vector<Event>& events) {
  Applied applied;
  for (const auto& event : events) fold_into(applied, event);
  return applied;
}

const auto started = with_text(EventKind::started, 4, "text", 3);

}  // namespace

TEST_CASE("fold: applied and adopted are there with all that they say", "[state]") {
  const auto kind = GENERATE(EventKind::applied, EventKind::adopted);
  const auto applied = after({with_text(kind, 7, "text", 3)});
  REQUIRE(applied.size() == 1);
  const auto& migration = applied.at(id);
  CHECK(migration.id == id);
  CHECK(migration.kind == MigrationKind::migration);
  CHECK(migration.state == MigrationState::applied);
  CHECK(migration.position == 7);
  CHECK(migration.sha256 == sha256("text"));
  CHECK(migration.fingerprint == sha256("fingerprint of text"));
  CHECK(migration.statements_done == 3);
  CHECK(migration.statements_total == 3);
}

TEST_CASE("fold: without a transaction a migration is running, and its steps are counted", "[state]") {
  CHECK(after({started}).at(id).state == MigrationState::running);
  CHECK(after({started}).at(id).statements_done == 0);
  const auto migration = after({started, with_done(EventKind::step, 2)}).at(id);
  CHECK(migration.state == MigrationState::running);
  CHECK(migration.statements_done == 2);
  CHECK(migration.position == 4);
  CHECK(after({started, with_done(EventKind::step, 2), with_text(EventKind::applied, 4, "text", 3)}).at(id).state ==
        MigrationState::applied);
}

TEST_CASE("fold: failed and in doubt keep what is done", "[state]") {
  const auto failed = after({started, with_done(EventKind::step, 1), event_of(EventKind::failed)}).at(id);
  CHECK(failed.state == MigrationState::failed);
  CHECK(failed.statements_done == 1);
  const auto in_doubt = after({started, with_done(EventKind::in_doubt, 2)}).at(id);
  CHECK(in_doubt.state == MigrationState::in_doubt);
  CHECK(in_doubt.statements_done == 2);
  CHECK(in_doubt.sha256 == sha256("text"));
}

TEST_CASE("fold: a failure that nothing announced is there all the same", "[state]") {
  const auto applied = after({with_text(EventKind::failed, 4, "text", 3)});
  CHECK(applied.at(id).state == MigrationState::failed);
  CHECK(applied.at(id).sha256 == sha256("text"));
}

TEST_CASE("fold: a person settles a doubtful migration", "[state]") {
  const auto doubtful = with_done(EventKind::in_doubt, 1);
  const auto retried = after({started, doubtful, resolved("retry")}).at(id);
  CHECK(retried.state == MigrationState::failed);
  CHECK(retried.statements_done == 1);
  CHECK(after({started, doubtful, resolved("retry", 2)}).at(id).statements_done == 2);
  CHECK(after({started, doubtful, resolved("applied")}).at(id).state == MigrationState::applied);
  CHECK(after({started, doubtful, resolved("applied")}).at(id).statements_done == 3);
  CHECK(after({started, doubtful, resolved("rolled-back")}).empty());
}

TEST_CASE("fold: a reverted migration is gone, and can be applied again", "[state]") {
  const auto applied = with_text(EventKind::applied, 1, "text", 1);
  CHECK(after({applied, event_of(EventKind::reverted)}).empty());
  CHECK(after({applied, event_of(EventKind::reverted), with_text(EventKind::applied, 2, "text", 1)}).at(id).position ==
        2);
}

TEST_CASE("fold: an accepted checksum changes the sha256 and nothing else", "[state]") {
  auto accepted = event_of(EventKind::checksum_accepted);
  accepted.sha256 = sha256("text with a comment");
  const auto migration = after({with_text(EventKind::applied, 1, "text", 1), accepted}).at(id);
  CHECK(migration.sha256 == sha256("text with a comment"));
  CHECK(migration.fingerprint == sha256("fingerprint of text"));
  CHECK(after({accepted}).empty());
}

TEST_CASE("fold: a repeatable that runs again takes the place of its last run", "[state]") {
  auto first = with_text(EventKind::applied, 1, "text", 5);
  auto again = with_text(EventKind::started, 2, "other text", 2);
  first.migration_kind = again.migration_kind = "repeatable";
  const auto migration = after({first, again}).at(id);
  CHECK(migration.kind == MigrationKind::repeatable);
  CHECK(migration.state == MigrationState::running);
  CHECK(migration.sha256 == sha256("other text"));
  CHECK(migration.position == 2);
  CHECK(migration.statements_done == 0);
}

TEST_CASE("fold: events about a run or the whole database change nothing", "[state]") {
  const auto kind = GENERATE(EventKind::genesis, EventKind::intent, EventKind::outcome, EventKind::anchor,
                             EventKind::imported, EventKind::refused);
  Event event;
  event.kind = kind;
  CHECK(after({event}).empty());
  CHECK(after({with_text(EventKind::applied, 1, "text", 1), event_of(kind)}).at(id).state == MigrationState::applied);
}

TEST_CASE("snapshot: what was encoded is decoded to the same", "[state]") {
  Applied applied = after({with_text(EventKind::applied, 1, "text", 1)});
  auto other = with_text(EventKind::in_doubt, 2, "view", 9);
  other.subject = "cases/case_summary";
  other.migration_kind = "repeatable";
  other.statements_done = 4;
  fold_into(applied, other);
  const auto bytes = encode_applied(applied);
  const auto again = decode_applied(bytes);
  REQUIRE(again);
  CHECK(again->size() == 2);
  CHECK(again->at({"cases", "case_summary"}).state == MigrationState::in_doubt);
  CHECK(again->at({"cases", "case_summary"}).kind == MigrationKind::repeatable);
  CHECK(again->at({"cases", "case_summary"}).statements_done == 4);
  CHECK(encode_applied(*again) == bytes);
  CHECK(encode_applied(*decode_applied(encode_applied({}))) == encode_applied({}));
}

TEST_CASE("snapshot: damaged bytes are refused", "[state]") {
  const auto bytes = encode_applied(after({with_text(EventKind::applied, 1, "text", 1)}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    REQUIRE_FALSE(decode_applied(changed));
    REQUIRE_FALSE(decode_applied(bytes.substr(0, i)));
  }
}

TEST_CASE("snapshot: bytes with a right checksum are refused where the content is not what strata writes", "[state]") {
  const auto with_checksum = [](const std::string& content) {
    return content + std::string(as_bytes(sha256(content)));
  };
  const auto whole = encode_applied(after({with_text(EventKind::applied, 1, "text", 1)}));
  const auto content = whole.substr(0, whole.size() - sizeof(Digest));
  const auto one = content.substr(9);
  CHECK(decode_applied(with_checksum(content)));
  std::string count_of_two(1, '\1');
  put_number(count_of_two, 2);
  CHECK_FALSE(decode_applied(with_checksum(content + '\0')));
  CHECK_FALSE(decode_applied(with_checksum(count_of_two + one)));        // one is missing
  CHECK_FALSE(decode_applied(with_checksum(count_of_two + one + one)));  // the same twice
  CHECK_FALSE(decode_applied(with_checksum('\2' + content.substr(1))));
  CHECK_FALSE(decode_applied(with_checksum("")));
}
