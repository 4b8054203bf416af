#include "core/execute/recording.h"

#include <map>

namespace strata {

namespace {

class Recorder {
 public:
  void add(const LedgerEvent& item) {
    const auto& event = item.event;
    const auto id = parse_migration_id(event.subject);
    if (!id) return;
    switch (event.kind) {
      case EventKind::applied:
      case EventKind::adopted:
        run(item, *id, begun_[*id].done, std::nullopt);
        begun_.erase(*id);
        break;
      case EventKind::started:
        begun_[*id] = {event.sha256, 0, item.postgres_seq};
        break;
      case EventKind::step:
        run_up_to(item, *id, event.statements_done);
        break;
      case EventKind::resolved:
        settle(item, *id);
        break;
      case EventKind::reverted:
        undo(item, *id);
        break;
      default:
        break;  // failed and in doubt: what is known to be done has its step
    }
  }

  Recording finish() && { return std::move(recording_); }

 private:
  struct Begun {
    std::optional<Digest> text;
    std::size_t done = 0;  // statements
    std::int64_t postgres_seq = 0;
  };

  void run(const LedgerEvent& item, const MigrationId& id, std::size_t first, std::optional<std::size_t> last) {
    const auto text = item.event.sha256 ? item.event.sha256 : begun_[id].text;
    if (!text) return;
    recording_.actions.push_back({.id = id,
                                  .text = *text,
                                  .ran_here = item.event.kind != EventKind::adopted,
                                  .first = first,
                                  .last = last,
                                  .seq = item.seq,
                                  .postgres_seq = item.postgres_seq,
                                  .at_ms = item.event.at_ms});
  }

  void run_up_to(const LedgerEvent& item, const MigrationId& id, std::int64_t statements) {
    auto& begun = begun_[id];
    const auto done = static_cast<std::size_t>(statements);
    if (done <= begun.done) return;
    run(item, id, begun.done, done);
    begun.done = done;
  }

  void settle(const LedgerEvent& item, const MigrationId& id) {
    const auto& event = item.event;
    const auto found = begun_.find(id);
    const auto done = found == begun_.end() ? 0 : found->second.done;
    remark(item, "a person settled " + event.subject + " as " + event.note +
                     (event.note == "rolled-back" && done > 0 ? ": taken for undone as a whole" : ""));
    if (event.note == "rolled-back") {
      if (found != begun_.end()) take_back(item, id, found->second.postgres_seq);
      begun_.erase(id);
    } else if (found != begun_.end()) {
      run_up_to(item, id, event.note == "applied" ? event.statements_total : event.statements_done);
      if (event.note == "applied") begun_.erase(id);
    }
  }

  // As if it had never been begun.
  void take_back(const LedgerEvent& item, const MigrationId& id, std::int64_t begun) {
    std::erase_if(recording_.actions, [&](const RecordedAction& action) {
      return action.id == id && !action.is_undo && action.postgres_seq >= begun;
    });
    recording_.taken_back.emplace_back(begun, item.postgres_seq);
  }

  void undo(const LedgerEvent& item, const MigrationId& id) {
    const auto text = undone_by(item.event);
    if (!text) return;  // a repeatable that is forgotten: nothing ran
    recording_.actions.push_back({.id = id,
                                  .text = *text,
                                  .is_undo = true,
                                  .seq = item.seq,
                                  .postgres_seq = item.postgres_seq,
                                  .at_ms = item.event.at_ms});
  }

  void remark(const LedgerEvent& item, const std::string& what) {
    recording_.remarks.push_back("event " + std::to_string(item.seq) + ": " + what);
  }

  Recording recording_;
  std::map<MigrationId, Begun> begun_;
};

}  // namespace

Recording recording_of(const std::vector<LedgerEvent>& events, const std::string& database) {
  Recorder recorder;
  ChainHead head{0, first_chain_of(database)};
  for (const auto& item : events) {
    if (!is_shared(item.event.kind)) continue;
    head = {item.postgres_seq, chain_of(head.chain, item.leaf)};
    recorder.add(item);
  }
  auto recording = std::move(recorder).finish();
  recording.postgres_head = head;
  return recording;
}

}  // namespace strata
