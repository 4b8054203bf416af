#include "core/report/evidence_sections.h"

#include "core/base/counted.h"
#include "core/report/html.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace strata {

namespace {

// What a browser shows in a second and a person might scroll through; the CSV has everything.
constexpr std::size_t most_runs = 1'000;        // of a database
constexpr std::size_t most_migrations = 2'000;  // of a database
constexpr std::size_t most_sql_bytes = 4U << 20;
constexpr std::size_t most_bytes_of_one = 64U << 10;

std::string header_row(std::initializer_list<const char*> names) {
  std::string row = "<thead><tr>";
  for (const auto* name : names) row += "<th scope=\"col\">" + html(name) + "</th>";
  return row + "</tr></thead>\n";
}

// `label` is what stands before it where the page is too narrow for columns. `content` is HTML.
std::string cell(const char* label, const std::string& content, const char* kind = "") {
  return std::string("<td") + (*kind == '\0' ? "" : std::string(" class=\"") + kind + "\"") + " data-label=\"" +
         html(label) + "\">" + content + "</td>";
}

std::string small(const std::string& content) {
  return content.empty() ? "" : "<small>" + content + "</small>";
}

std::string who(const Actor& actor) {
  return html(actor.role) + small(actor.os_user.empty() ? "" : "as " + html(actor.os_user));
}

std::string from_where(const Actor& actor) {
  std::string text = html(actor.host);
  if (!actor.commit.empty()) text += small("commit " + html_code(actor.commit));
  if (!actor.image.empty()) text += small("image " + html_code(actor.image));
  if (!actor.pipeline.empty()) text += small("pipeline " + html(actor.pipeline));
  return text;
}

bool is_bad(const std::string& state) {
  for (const auto* word : {"failed", "refused", "stopped", "unknown", "in-doubt", "running"}) {
    if (state.starts_with(word)) return true;
  }
  return false;
}

std::string state_word(const std::string& state) {
  const auto end = std::min(state.find(':'), state.size());
  return std::string("<span class=\"") + (is_bad(state) ? "bad" : "good") + "\">" + html(state.substr(0, end)) +
         "</span>" + html(state.substr(end));
}

std::string anchor_of(const Digest& digest) {
  return "sql-" + hex(digest).substr(0, 12);
}

std::string run_row(const Evidence& evidence, const EvidenceRun& run) {
  const auto plan = run.plan ? evidence.texts.find(*run.plan) : evidence.texts.end();
  std::string what = run.command.empty() ? "not told: a run of another ledger" : html(run.command);
  if (run.plan) {
    const auto digest = html_code(hex(*run.plan).substr(0, 12));
    what += small("plan " +
                  (plan->second.is_kept ? "<a href=\"" + html(plan->second.path) + "\">" + digest + "</a>" : digest));
  }
  what += small("run " + html_code(run.id.substr(0, 8)) +
                (run.strata_version.empty() ? "" : ", strata " + html(run.strata_version)));
  auto outcome = run.outcome.empty() ? std::string("not in this ledger") : state_word(run.outcome);
  outcome += small(html(run.note));
  outcome += small(run.planned > 0 || run.applied > 0
                       ? std::to_string(run.applied) + " done" +
                             (run.planned > 0 ? " of " + std::to_string(run.planned) : std::string())
                       : "");
  return "<tr>" + cell("Started", html_time(run.started_ms), "time") + cell("Who", who(run.actor)) +
         cell("From", from_where(run.actor)) + cell("What", what) + cell("Outcome", outcome) + "</tr>\n";
}

std::string migration_row(const Evidence& evidence, const EvidenceMigration& migration) {
  std::string name = html(migration.id.substr(std::min(migration.id.find('/') + 1, migration.id.size())));
  if (migration.kind == "repeatable")
    name += small(migration.times > 1 ? "repeatable, ran " + std::to_string(migration.times) + " times" : "repeatable");
  std::string digest = "none";
  if (migration.sha256) {
    const auto text = evidence.texts.find(*migration.sha256);
    digest = html_code(hex(*migration.sha256).substr(0, 12));
    if (text->second.is_kept)
      digest = "<a href=\"#" + anchor_of(*migration.sha256) + "\" title=\"" + hex(*migration.sha256) + "\">" + digest +
               "</a>";
    else
      digest = "<span title=\"" + hex(*migration.sha256) + "\">" + digest + "</span>" + small("text not kept here");
  }
  const auto took =
      migration.elapsed_ms ? html(human_duration(std::chrono::milliseconds(*migration.elapsed_ms))) : std::string();
  return "<tr>" + cell("No.", migration.position > 0 ? std::to_string(migration.position) : "", "number") +
         "<th scope=\"row\">" + name + "</th>" + cell("State", state_word(migration.state)) +
         cell("When", html_time(migration.at_ms), "time") + cell("By", who(migration.actor)) +
         cell("Took", took, "word") + cell("SHA-256", digest, "word") + "</tr>\n";
}

std::int64_t time_of(const EvidenceRun& run) {
  return run.started_ms;
}
std::int64_t time_of(const EvidenceMigration& migration) {
  return migration.at_ms;
}

// The newest `most` of those of one database, in the order in which they are listed, and how many that leaves out.
template <typename Row>
std::vector<const Row*> newest_of(const std::vector<Row>& rows, const std::string& database, std::size_t most,
                                  std::size_t& left_out) {
  std::vector<const Row*> chosen;
  for (const auto& row : rows) {
    if (row.database == database) chosen.push_back(&row);
  }
  left_out = chosen.size() - std::min(chosen.size(), most);
  if (left_out == 0) return chosen;
  std::nth_element(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(most), chosen.end(),
                   [](const Row* a, const Row* b) { return std::pair(time_of(*a), a) > std::pair(time_of(*b), b); });
  chosen.resize(most);
  std::sort(chosen.begin(), chosen.end());  // they lie in one vector, in their order
  return chosen;
}

std::string left_out_line(std::size_t count, const char* what, const char* file) {
  return count == 0 ? ""
                    : "<p><strong>" + counted(count, what) + " more, older than these, are in <a href=\"" + file +
                          "\">" + file + "</a>.</strong></p>\n";
}

}  // namespace

std::string html_time(std::int64_t at_ms) {
  if (at_ms == 0) return {};
  const auto exact = iso8601(at_ms);
  auto shown = exact.substr(0, 19);
  if (shown.size() > 10) shown[10] = ' ';
  return "<time datetime=\"" + exact + "\">" + shown + "</time>";
}

void write_runs_section(const Evidence& evidence, const TakeText& out) {
  out("<h2 id=\"runs\">Runs</h2>\n<p>Every run that changed a database or was refused, the oldest first. Times are in "
      "UTC.</p>\n");
  for (const auto& database : evidence.databases) {
    std::size_t left_out = 0;
    const auto runs = newest_of(evidence.runs, database.uuid, most_runs, left_out);
    out("<h3>" + html(database.name()) + "</h3>\n");
    if (runs.empty()) {
      out("<p>None.</p>\n");
      continue;
    }
    out(left_out_line(left_out, "run", "runs.csv"));
    out("<table>\n<caption class=\"said\">Runs on " + html(database.name()) + "</caption>\n" +
        header_row({"Started", "Who", "From", "What", "Outcome"}) + "<tbody>\n");
    for (const auto* run : runs) out(run_row(evidence, *run));
    out("</tbody></table>\n");
  }
}

void write_migrations_section(const Evidence& evidence, const TakeText& out) {
  out("<h2 id=\"migrations\">Migrations</h2>\n<p>By database and module, in the order in which they were applied: the "
      "newest "
      "state of each. The first twelve digits of a SHA-256 lead to its text below, with all of them.</p>\n");
  for (const auto& database : evidence.databases) {
    std::size_t left_out = 0;
    const auto migrations = newest_of(evidence.migrations, database.uuid, most_migrations, left_out);
    out("<h3>" + html(database.name()) + "</h3>\n");
    if (migrations.empty()) out("<p>None.</p>\n");
    out(left_out_line(left_out, "migration", "migrations.csv"));
    const EvidenceMigration* before = nullptr;
    for (const auto* each : migrations) {
      const auto& migration = *each;
      if (before == nullptr || before->module() != migration.module()) {
        if (before != nullptr) out("</tbody></table>\n");
        out("<h4>" + html(migration.module()) + "</h4>\n<table>\n<caption class=\"said\">Migrations of module " +
            html(migration.module()) + " on " + html(database.name()) + "</caption>\n" +
            header_row({"No.", "Migration", "State", "When", "By", "Took", "SHA-256"}) + "<tbody>\n");
      }
      out(migration_row(evidence, migration));
      before = &migration;
    }
    if (before != nullptr) out("</tbody></table>\n");
  }
}

void write_sql_section(const Evidence& evidence, const FindText& find_text, const TakeText& out) {
  out("<h2 id=\"sql\">The SQL</h2>\n<p>The texts that ran, each once, as the ledger keeps them; the same as files in "
      "<code>sql/</code>.</p>\n");
  std::set<Digest> shown;
  std::string module;
  std::size_t bytes = 0;
  std::size_t left_out = 0;
  const auto show = [&](const EvidenceMigration& migration, const Digest& digest, const char* what) {
    const auto known = evidence.texts.find(digest);
    if (known == evidence.texts.end() || !known->second.is_kept || !shown.insert(digest).second) return;
    const auto text = bytes < most_sql_bytes ? find_text(digest) : std::nullopt;
    if (!text) {
      ++left_out;
      return;
    }
    if (module != migration.module()) out("<h3>" + html(module = migration.module()) + "</h3>\n");
    const auto size = std::min(text->size(), most_bytes_of_one);
    bytes += size;
    auto lines = text->substr(0, size);
    lines.erase(std::remove(lines.begin(), lines.end(), '\r'), lines.end());
    out("<details open id=\"" + anchor_of(digest) + "\"><summary><b>" + html(migration.id) + "</b>" + what +
        "<small>SHA-256 " + html_code(hex(digest)) + "</small></summary>\n<pre class=\"sql\" tabindex=\"0\">" +
        html(lines) + "</pre>\n");
    if (size < text->size())
      out("<p>" + std::to_string(text->size() - size) + " bytes more: <a href=\"" + html(known->second.path) + "\">" +
          html(known->second.path) + "</a></p>\n");
    out("</details>\n");
  };
  for (const auto& migration : evidence.migrations) {
    for (const auto& digest : migration.texts)
      show(migration, digest, digest == migration.sha256 ? "" : " (an earlier text)");
    for (const auto& digest : migration.down) show(migration, digest, " (down.sql)");
  }
  if (left_out > 0)
    out("<p><strong>" + counted(left_out, "text") + " more: as files in <code>sql/</code>.</strong></p>\n");
}

}  // namespace strata
