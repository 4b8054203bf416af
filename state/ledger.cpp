#include "state/ledger.h"

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "state/ledger_file.h"
#include "state/ledger_rows.h"
#include "state/ledger_schema.h"
#include "state/ledger_verify.h"
#include "state/sqlite.h"

#include <algorithm>
#include <cassert>

namespace strata {

namespace {

constexpr const char* rebuild = "strata audit pull --replace rebuilds it from Postgres and keeps this file beside it";
constexpr const char* pull = "run strata deploy or strata audit pull where the database can be reached";

// An event with all that its row needs.
struct Link {
  std::string body;
  Digest leaf{};
  Digest chain{};
};

std::vector<Link> link_up(const std::vector<NewEvent>& events, const ChainHead& head) {
  std::vector<Link> links;
  links.reserve(events.size());
  auto previous = head.chain;
  for (const auto& item : events) {
    assert(is_shared(item.event.kind) == (item.postgres_seq > 0));
    Link link{encode(item.event), {}, {}};
    link.leaf = leaf_of(link.body);
    previous = link.chain = chain_of(previous, link.leaf);
    links.push_back(std::move(link));
  }
  return links;
}

Result<void> insert_events(Sqlite& database, const std::vector<NewEvent>& events, const std::vector<Link>& links,
                           std::int64_t head) {
  STRATA_TRY(auto insert,
             database.prepare(
                 "INSERT INTO events (seq, database, kind, run, subject, body, leaf, chain, postgres_seq, wall_ms) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& event = events[i].event;
    const auto& link = links[i];
    STRATA_CHECK(insert
                     .with(++head, event.database, std::string_view(name_of(event.kind)), event.run, event.subject,
                           Bytes{link.body}, Bytes{as_bytes(link.leaf)}, Bytes{as_bytes(link.chain)},
                           events[i].postgres_seq, event.at_ms)
                     .run());
  }
  return {};
}

}  // namespace

struct Ledger::Impl {
  std::string path;  // as it was given
  std::string file;  // the same, resolved
  Access access = Access::read_only;
  std::string id;
  bool created = false;
  ChainHead head;                     // of what this process has checked or written
  std::vector<LedgerTarget> targets;  // as of `head`
  std::unique_ptr<Sqlite> database;   // null after a write that failed: the next use opens the file again
  std::optional<ChainHead> unsure;    // what an append was to follow that failed, and may be there all the same

  Result<void> connect();
  Result<void> create(Sqlite& blank);
  Result<void> catch_up(Sqlite& from);
  Result<Sqlite*> connection();
  Result<ChainHead> write(const Append& what);
  Result<void> fill(std::size_t bytes);
};

// Opens the file, or opens it again: then it must still be the same ledger.
Result<void> Ledger::Impl::connect() {
  const bool writes = access == Access::read_write;
  STRATA_TRY(auto opened, Sqlite::open(file, path, writes ? Sqlite::Access::read_write : Sqlite::Access::read_only));
  STRATA_TRY(const bool blank, is_blank(*opened));
  if (opened->has_moved()) return fail(opened->gone());
  if (writes && !ledger_is_writable(file)) {
    return fail(ErrorCode::bad_ledger,
                "the ledger " + printable(path) + " cannot be written: the file or its folder is read-only",
                "make both writable, name another file with --ledger, or go on without one with --ledger none");
  }
  if (blank && (!writes || !id.empty())) {
    return fail(ErrorCode::bad_ledger, printable(path) + " is empty: there is no ledger in it", pull);
  }
  if (blank) STRATA_CHECK(create(*opened));
  STRATA_CHECK(check_ledger_schema(*opened, path));
  STRATA_TRY(auto meta, opened->prepare("SELECT ledger FROM meta"));
  STRATA_TRY(const bool found, meta.step());
  if (!found) {
    return fail(ErrorCode::bad_ledger, "the ledger " + printable(path) + " is damaged: it does not say which one it is",
                rebuild);
  }
  if (id.empty()) {
    id = meta.text(0);
    head = {0, first_chain_of(id)};
  } else if (id != meta.text(0)) {
    return fail(ErrorCode::bad_ledger,
                "the ledger " + printable(path) + " was replaced by another one while strata had it open");
  }
  STRATA_CHECK(catch_up(*opened));
  database = std::move(opened);
  return {};
}

// One transaction: killed anywhere in it, the file is blank, and the next run starts it anew.
Result<void> Ledger::Impl::create(Sqlite& blank) {
  STRATA_TRY(auto transaction, Transaction::begin(blank));
  STRATA_TRY(const bool still_blank, is_blank(blank));
  if (!still_blank) return {};  // another process was faster
  STRATA_CHECK(create_ledger_schema(blank));
  STRATA_TRY(auto insert, blank.prepare("INSERT INTO meta (one, ledger, created_ms) VALUES (1, ?1, ?2)"));
  STRATA_CHECK(insert.with(make_uuid(), SystemClock().now_ms()).run());
  STRATA_STOP_POINT("ledger-create");
  STRATA_CHECK(transaction.commit());
  STRATA_CHECK(sync_folder_of(file));
  created = true;
  return {};
}

// Checks what is in the file behind the head: at first everything, later what another process has appended meanwhile,
// for another database.
Result<void> Ledger::Impl::catch_up(Sqlite& from) {
  STRATA_TRY(const auto check, check_chain(from, head));
  if (check.broken && access != Access::examine) {
    return fail(ErrorCode::bad_ledger,
                "the ledger " + printable(path) + " is damaged: event " + std::to_string(check.broken->seq) + " " +
                    check.broken->what,
                rebuild);
  }
  STRATA_TRY(targets, read_targets(from));
  head = check.head;
  return {};
}

Result<Sqlite*> Ledger::Impl::connection() {
  if (!database) STRATA_CHECK(connect());
  return database.get();
}

Result<ChainHead> Ledger::Impl::write(const Append& what) {
  STRATA_TRY(auto* const to, connection());
  if (to->has_moved()) return fail(to->gone());
  if (unsure && !what.events.empty()) {
    const auto end = link_up(what.events, *unsure).back().chain;
    STRATA_TRY(auto there, to->prepare("SELECT 1 FROM events WHERE chain = ?1"));
    STRATA_TRY(const bool found, there.with(Bytes{as_bytes(end)}).step());
    if (found) {
      unsure.reset();
      return head;
    }
  }
  STRATA_STOP_POINT("ledger-append-begin");
  STRATA_TRY(auto transaction, Transaction::begin(*to));
  STRATA_CHECK(catch_up(*to));
  if (what.only_after && *what.only_after != head) {
    return fail(ErrorCode::already_claimed,
                "another process has written to the ledger " + printable(path) + " meanwhile");
  }
  unsure = head;
  const auto links = link_up(what.events, head);
  STRATA_CHECK(insert_events(*to, what.events, links, head.seq));
  for (const auto text : what.blobs) STRATA_CHECK(insert_blob(*to, text));
  if (what.target) STRATA_CHECK(put_target(*to, *what.target));
  if (what.snapshot) STRATA_CHECK(put_snapshot(*to, what.target.value().name, *what.snapshot));
  STRATA_TRY(auto now_known, read_targets(*to));
  STRATA_STOP_POINT("ledger-append-commit");
  STRATA_CHECK(transaction.commit());
  unsure.reset();
  targets = std::move(now_known);
  if (!links.empty()) head = {head.seq + static_cast<std::int64_t>(links.size()), links.back().chain};
  return head;
}

// Fills the file with rows of zeros, makes SQLite write them, and takes it all back.
Result<void> Ledger::Impl::fill(std::size_t bytes) {
  constexpr std::size_t margin = 64 * 1024;  // pages are copied to the journal before they change
  constexpr std::size_t most = 16 * 1024 * 1024;
  STRATA_TRY(auto* const to, connection());
  STRATA_TRY(auto transaction, Transaction::begin(*to));
  STRATA_TRY(
      auto insert,
      to->prepare("INSERT INTO blobs (sha256, size, codec, bytes) VALUES (randomblob(32), ?1, 'raw', zeroblob(?1))"));
  for (auto left = bytes + margin; left > 0; left -= std::min(left, most)) {
    STRATA_CHECK(insert.with(static_cast<std::int64_t>(std::min(left, most))).run());
  }
  STRATA_CHECK(to->flush());
  return transaction.roll_back();
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::string& path, Access access) {
  STRATA_TRY(const bool there, ledger_is_at(path));
  if (!there && access != Access::read_write) {
    return fail(ErrorCode::bad_ledger, "there is no ledger " + printable(path), pull);
  }
  if (!there) STRATA_CHECK(make_ledger_file(path));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->access = access;
  STRATA_TRY(impl->file, resolve_ledger_path(path));
  STRATA_CHECK(impl->connect());
  return Ledger(std::move(impl));
}

const std::string& Ledger::path() const {
  return impl_->path;
}
const std::string& Ledger::id() const {
  return impl_->id;
}
bool Ledger::may_append() const {
  return impl_->access == Access::read_write;
}
bool Ledger::was_created() const {
  return impl_->created;
}
ChainHead Ledger::head() const {
  return impl_->head;
}
std::vector<LedgerTarget> Ledger::targets() const {
  return impl_->targets;
}

std::optional<LedgerTarget> Ledger::target(const std::string& name) const {
  const auto& all = impl_->targets;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& target) { return target.name == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

Result<ChainHead> Ledger::append(const Append& what) {
  assert(impl_->access == Access::read_write);
  assert(!what.snapshot || what.target);
  auto written = impl_->write(what);
  if (written || written.error().code == ErrorCode::already_claimed) return written;
  // After an error nobody can say what of it is on the disk: a sync that failed must not simply be asked for again, and
  // what was being committed may be there. So the file is opened anew, and looked at, before it is used again.
  impl_->database.reset();
  auto error = std::move(written.error());
  error.code = ErrorCode::ledger_behind;
  error.message += "; what should have been appended is missing in it, or not known to be durable";
  if (!error.next.empty()) error.next += "; then ";
  error.next += "run the same command again: it is safe to repeat";
  return fail(std::move(error));
}

Result<void> Ledger::refresh() {
  if (!impl_->database) return impl_->connect();
  return impl_->catch_up(*impl_->database);
}

Result<void> Ledger::reserve(std::size_t bytes) {
  auto filled = impl_->fill(bytes);
  if (!filled) impl_->database.reset();
  return filled;
}

std::optional<Snapshot> Ledger::snapshot(const std::string& target_name) const {
  const auto known = target(target_name);
  const auto from = impl_->connection();
  if (!known || !from) return std::nullopt;
  if (auto kept = read_snapshot(**from, target_name); kept && *kept) return std::move(*kept);
  // There is none, or it cannot be read: it says nothing that the events do not say.
  const auto all = events(known->database);
  if (!all) return std::nullopt;
  return Snapshot{known->postgres_head.seq, known->last_seen_ms, fold(*all)};
}

Result<std::optional<std::string>> Ledger::blob(const Digest& sha256) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return read_blob(*from, sha256);
}

Result<std::vector<LedgerEvent>> Ledger::events(const std::string& database, std::int64_t from_seq) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return read_events(*from, database, from_seq);
}

Result<void> Ledger::copy_to(const std::string& file) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return from->copy_to(file);
}

Result<void> Ledger::each_event(const std::function<Result<void>(const StoredEvent&)>& look) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return for_each_event(*from, look);
}

Result<void> Ledger::each_blob(
    const std::function<Result<void>(const Digest& sha256, const Result<std::string>& text)>& look) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return for_each_blob(*from, look);
}

Result<std::optional<LedgerEvent>> Ledger::newest(const std::string& database, EventKind kind) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return read_newest(*from, database, kind);
}

Result<std::vector<LedgerEvent>> Ledger::applied_as(const std::vector<std::string>& ids) const {
  STRATA_TRY(auto* const from, impl_->connection());
  return read_applied_as(*from, ids);
}

Result<std::vector<LedgerEvent>> Ledger::open_intents(const std::string& database) const {
  STRATA_TRY(auto* const from, impl_->connection());
  STRATA_TRY(auto found, read_intents_and_outcomes(*from, database));
  std::vector<LedgerEvent> open;
  for (auto& entry : found) {
    if (entry.event.kind == EventKind::intent) {
      open.push_back(std::move(entry));
    } else {
      std::erase_if(open, [&](const LedgerEvent& intent) { return intent.seq == entry.event.intent_seq; });
    }
  }
  return open;
}

std::vector<Finding> Ledger::verify() const {
  const auto from = impl_->connection();
  if (!from) return {{0, from.error().message}};
  return verify_ledger(**from, impl_->path, impl_->id);
}

}  // namespace strata
