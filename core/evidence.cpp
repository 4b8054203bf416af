#include "core/evidence.h"

#include "core/execute/verify.h"
#include "core/origin.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <tuple>

namespace strata {

namespace {

constexpr std::string_view plan_line = R"({"format":1,"kind":"strata plan")";

// Of a name that anybody may have chosen: what is no plain letter, digit, dot, dash or underscore becomes an
// underscore.
std::string file_name(std::string_view text) {
  std::string name(text.substr(0, 150));
  for (auto& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(name.begin(), '_');
  return name;
}

// The beginning of the digest makes it the only one of its name, and lets it prove itself.
std::string sql_path(const std::string& id, const Digest& digest, const char* ending) {
  const auto slash = id.find('/');
  return "sql/" + file_name(id.substr(0, slash)) + "/" +
         file_name(slash == std::string::npos ? "" : std::string_view(id).substr(slash + 1)) + "." +
         hex(digest).substr(0, 12) + ending;
}

void add_once(std::vector<Digest>& digests, const Digest& digest) {
  digests.erase(std::remove(digests.begin(), digests.end(), digest), digests.end());
  digests.push_back(digest);
}

// Takes the events one after the other, and puts each where it belongs.
class Gathering {
 public:
  // `wanted`: these databases; none: all.
  Gathering(Evidence& into, std::vector<LedgerTarget> targets, std::set<std::string> wanted)
      : out_(into), targets_(std::move(targets)), wanted_(std::move(wanted)) {}

  void add(const StoredEvent& stored, const Event& event) {
    name_text(stored.seq, event);
    if (!wanted_.empty() && wanted_.count(event.database) == 0) return;
    see_database(event, stored);
    const bool is_remark = !is_shared(event.kind) && !is_of_a_run(event.kind);
    if (!event.run.empty() && !is_remark) see_run(event);
    if (!event.subject.empty() && is_shared(event.kind)) see_migration(event);
    if (is_remark && event.kind != EventKind::anchor)
      out_.remarks.push_back({stored.seq, name_of(event.kind), event.database, event.at_ms, event.note, event.sha256});
  }

  void finish() {
    for (const auto& id : order_) out_.runs.push_back(std::move(runs_.at(id)));
    for (auto& [key, migration] : migrations_) out_.migrations.push_back(std::move(migration));
    for (auto& [uuid, database] : databases_) out_.databases.push_back(std::move(database));
    std::stable_sort(out_.databases.begin(), out_.databases.end(), [](const auto& a, const auto& b) {
      return std::pair(a.targets.empty(), a.name()) < std::pair(b.targets.empty(), b.name());
    });
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < out_.databases.size(); ++i) place[out_.databases[i].uuid] = i;
    std::stable_sort(out_.migrations.begin(), out_.migrations.end(), [&](const auto& a, const auto& b) {
      return std::tuple(place[a.database], a.module(), a.position, a.id) <
             std::tuple(place[b.database], b.module(), b.position, b.id);
    });
  }

 private:
  static bool is_of_a_run(EventKind kind) {
    return kind == EventKind::intent || kind == EventKind::outcome || kind == EventKind::refused;
  }

  void name_text(std::int64_t seq, const Event& event) {
    if (const auto digest = undone_by(event))
      out_.texts.try_emplace(*digest, EvidenceText{sql_path(event.subject, *digest, ".down.sql")});
    if (event.measured)
      out_.texts.try_emplace(*event.measured, EvidenceText{"snapshot/" + hex(*event.measured) + ".txt"});
    if (!event.sha256) return;
    const auto& digest = *event.sha256;
    const auto ending = event.kind == EventKind::drift ? ".json" : ".txt";
    const auto path = !event.subject.empty()            ? sql_path(event.subject, digest, ".sql")
                      : event.kind == EventKind::intent ? "plans/" + hex(digest) + ".json"
                                                        : file_name(name_of(event.kind)) + "/" + hex(digest) + ending;
    const auto [known, is_new] = out_.texts.try_emplace(digest, EvidenceText{path, seq});
    if (known->second.event == 0) known->second.event = seq;
  }

  void see_database(const Event& event, const StoredEvent& stored) {
    const auto [known, is_new] = databases_.try_emplace(event.database);
    auto& database = known->second;
    if (is_new) {
      database.uuid = event.database;
      database.head = {0, first_chain_of(event.database)};
      for (const auto& target : targets_) {
        if (target.database == event.database) database.targets.push_back(target);
      }
    }
    database.last_at_ms = std::max(database.last_at_ms, event.at_ms);
    if (stored.postgres_seq > 0) database.head = {database.head.seq + 1, chain_of(database.head.chain, stored.leaf)};
  }

  void see_run(const Event& event) {
    const auto [known, is_new] = runs_.try_emplace(event.run);
    auto& run = known->second;
    if (is_new) {
      order_.push_back(event.run);
      run.id = event.run;
      run.database = event.database;
      run.started_ms = event.at_ms;
    }
    if (const auto before = unfinished_.find(event.run); before != unfinished_.end()) {
      const bool is_late = event.note.find("found by reconcile") != std::string::npos;
      if (!is_late && event.at_ms >= before->second->at_ms)
        before->second->elapsed_ms = event.at_ms - before->second->at_ms;
      unfinished_.erase(before);
    }
    if (!event.actor.empty()) run.actor = read_actor(event.actor);
    if (!event.strata_version.empty()) run.strata_version = event.strata_version;
    switch (event.kind) {
      case EventKind::intent:
        run.command = event.note;
        run.planned = event.subjects.size();
        run.started_ms = event.at_ms;
        if (event.sha256) run.plan = event.sha256;
        break;
      case EventKind::outcome:
        run.outcome = event.note;
        run.ended_ms = event.at_ms;
        break;
      case EventKind::refused:
        run.outcome = "refused";
        run.note = event.note;
        break;
      case EventKind::applied:
      case EventKind::adopted:
      case EventKind::reverted:
      case EventKind::resolved:
        ++run.applied;
        break;
      default:
        break;
    }
  }

  void see_migration(const Event& event) {
    auto& migration = migrations_[{event.database, event.subject}];
    const auto begun_ms = migration.state == "running" ? begun_[&migration] : 0;
    migration.database = event.database;
    migration.id = event.subject;
    if (!event.migration_kind.empty()) migration.kind = event.migration_kind;
    if (!event.module_version.empty()) migration.module_version = event.module_version;
    if (event.position > 0) migration.position = event.position;
    if (event.sha256) {
      migration.sha256 = event.sha256;
      add_once(migration.texts, *event.sha256);
    }
    if (event.kind == EventKind::checksum_accepted) return;
    migration.at_ms = event.at_ms;
    migration.run = event.run;
    migration.actor = read_actor(event.actor);
    migration.elapsed_ms.reset();
    switch (event.kind) {
      case EventKind::applied:
        ++migration.times;
        if (event.elapsed_ms > 0) {
          migration.elapsed_ms = event.elapsed_ms;
        } else if (begun_ms > 0) {
          migration.elapsed_ms = std::max<std::int64_t>(0, event.at_ms - begun_ms);
        } else {
          unfinished_[event.run] = &migration;
        }
        migration.state = "applied";
        break;
      case EventKind::started:
        begun_[&migration] = event.at_ms;
        migration.state = "running";
        break;
      case EventKind::step:
        migration.state = "running";
        break;
      case EventKind::reverted:
        if (const auto digest = undone_by(event)) add_once(migration.down, *digest);
        migration.state = "reverted";
        break;
      case EventKind::resolved:
        migration.state = "resolved: " + event.note;
        break;
      default:
        migration.state = name_of(event.kind);
    }
  }

  Evidence& out_;
  std::vector<LedgerTarget> targets_;
  std::set<std::string> wanted_;
  std::map<std::string, EvidenceDatabase> databases_;
  std::map<std::string, EvidenceRun> runs_;
  std::vector<std::string> order_;
  std::map<std::pair<std::string, std::string>, EvidenceMigration> migrations_;
  std::map<std::string, EvidenceMigration*> unfinished_;    // run -> what it applied last
  std::map<const EvidenceMigration*, std::int64_t> begun_;  // without a transaction
};

// Which texts are there, and where those go that no event names.
Result<void> look_at_texts(const Ledger& ledger, std::map<Digest, EvidenceText>& texts) {
  return ledger.each_blob([&](const Digest& digest, const Result<std::string>& text) -> Result<void> {
    if (!text) return {};  // a finding of the ledger's check
    const auto folder = text->starts_with(plan_line) ? "plans/" : "other/";
    const auto ending = text->starts_with(plan_line) ? ".json" : ".txt";
    texts.try_emplace(digest, EvidenceText{folder + hex(digest) + ending}).first->second.is_kept = true;
    return {};
  });
}

}  // namespace

Actor read_actor(const std::string& text) {
  Actor actor;
  const auto build_at = text.find(") {");
  auto who = text.substr(0, build_at == std::string::npos ? text.size() : build_at + 1);
  const auto user_at = who.rfind(" (");
  const auto host_at = who.rfind('@', user_at);
  if (user_at == std::string::npos || host_at == std::string::npos || !who.ends_with(')')) {
    actor.role = text;
    return actor;
  }
  actor.role = who.substr(0, host_at);
  actor.host = who.substr(host_at + 1, user_at - host_at - 1);
  actor.os_user = who.substr(user_at + 2, who.size() - user_at - 3);
  if (build_at == std::string::npos) return actor;
  const auto build = nlohmann::json::parse(text.substr(build_at + 2), nullptr, false);
  const auto told = [&](const char* key) {
    return build.is_object() && build.contains(key) && build[key].is_string() ? build[key].get<std::string>()
                                                                              : std::string();
  };
  actor.commit = told("commit");
  actor.image = told("image");
  actor.pipeline = told("pipeline");
  return actor;
}

std::string EvidenceDatabase::name() const {
  std::string text;
  for (const auto& target : targets) text += (text.empty() ? "" : ", ") + target.name;
  return text.empty() ? uuid : text;
}

std::string Evidence::name_of(const std::string& database) const {
  const auto found =
      std::find_if(databases.begin(), databases.end(), [&](const auto& one) { return one.uuid == database; });
  return found == databases.end() ? database : found->name();
}

std::vector<const EvidenceRemark*> Evidence::drift_of(const std::string& uuid) const {
  std::vector<const EvidenceRemark*> found;
  for (const auto& remark : remarks) {
    if (remark.kind == "drift" && remark.database == uuid) found.push_back(&remark);
  }
  return found;
}

Result<Evidence> gather_evidence(const Ledger& ledger, const std::vector<std::string>& targets,
                                 std::vector<Checkpoint> earlier, const Clock& clock) {
  Evidence evidence;
  evidence.ledger = ledger.id();
  evidence.strata_version = strata_version;
  evidence.made_ms = clock.now_ms();
  evidence.head = ledger.head();
  std::set<std::string> wanted;
  for (const auto& name : targets) {
    const auto known = ledger.target(name);
    if (!known)
      return fail(ErrorCode::bad_ledger, "the ledger has never seen target " + name,
                  "strata audit pull --target " + name + " fetches what is applied there");
    wanted.insert(known->database);
  }
  Gathering gathering(evidence, ledger.targets(), std::move(wanted));
  STRATA_CHECK(ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
    // What cannot be decoded is a finding of the ledger's check.
    if (const auto event = decode(stored.body)) gathering.add(stored, *event);
    return {};
  }));
  gathering.finish();
  STRATA_CHECK(look_at_texts(ledger, evidence.texts));
  STRATA_TRY(auto verified, verify(ledger, "", nullptr, History(""), earlier));
  evidence.findings = std::move(verified.findings);
  STRATA_TRY(evidence.checkpoint, checkpoint_of(ledger));
  evidence.earlier = std::move(earlier);
  return evidence;
}

std::string event_path(std::int64_t seq) {
  const auto digits = [](std::int64_t n, std::size_t width) {
    auto text = std::to_string(n);
    return std::string(width - std::min(width, text.size()), '0') + text;
  };
  return "events/" + digits((seq - 1) / 1000, 5) + "/" + digits(seq, 8);
}

}  // namespace strata
