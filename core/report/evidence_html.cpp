#include "core/report/evidence_html.h"

#include "core/base/counted.h"
#include "core/report/evidence_sections.h"
#include "core/report/html.h"
#include "core/report/pack/texts.h"

namespace strata {

namespace {

// A tool-made page names its findings, but a thousand of them are one.
constexpr std::size_t most_findings = 200;

std::string head(const ChainHead& head) {
  return "event " + std::to_string(head.seq) + "<br>" + html_code(hex(head.chain));
}

std::string names_of(const Evidence& evidence) {
  std::string names;
  for (const auto& database : evidence.databases) names += (names.empty() ? "" : ", ") + database.name();
  return names.empty() ? "no database" : names;
}

std::string begin_of_page(const Evidence& evidence) {
  const auto title = "Evidence of changes to " + names_of(evidence);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         html(title) + "</title>\n<style>\n" + std::string(pack_style) +
         "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n"
         "<p class=\"brand\">strata: evidence of database changes</p>\n<h1>" +
         html(title) +
         "</h1>\n<p>What was run on the database, when, by whom and from where, as strata's ledger recorded "
         "it.</p>\n</header>\n"
         "<nav aria-label=\"Contents\"><ul>\n"
         "<li><a href=\"#verification\">Verification</a></li>\n<li><a href=\"#databases\">Databases</a></li>\n"
         "<li><a href=\"#drift\">Drift</a></li>\n<li><a href=\"#runs\">Runs</a></li>\n"
         "<li><a href=\"#migrations\">Migrations</a></li>\n<li><a href=\"#sql\">The SQL</a></li>\n"
         "<li><a href=\"#remarks\">Remarks</a></li>\n<li><a href=\"#check\">How to check this</a></li>\n</ul></nav>\n"
         "<main id=\"main\">\n";
}

std::string facts(const Evidence& evidence) {
  return "<dl class=\"facts\">\n<dt>Made</dt><dd>" + html_time(evidence.made_ms) + " UTC, by strata " +
         html(evidence.strata_version) + "</dd>\n<dt>From the ledger</dt><dd>" + html_code(evidence.ledger) +
         "</dd>\n<dt>Its head</dt><dd>" + head(evidence.head) + "</dd>\n<dt>It holds</dt><dd>" +
         counted(static_cast<std::size_t>(evidence.head.seq), "event") +
         "; here of them: " + counted(evidence.databases.size(), "database") + ", " +
         counted(evidence.runs.size(), "run") + ", " + counted(evidence.migrations.size(), "migration") +
         "</dd>\n</dl>\n";
}

std::string verification(const Evidence& evidence) {
  std::string text = "<h2 id=\"verification\" class=\"same-page\">Verification</h2>\n";
  const auto& findings = evidence.findings;
  if (findings.empty()) {
    text +=
        "<div class=\"banner\"><p class=\"good\">Verified: the ledger is whole</p>\n<p>Its chain, its columns, its "
        "texts and "
        "what is derived from its events fit together.</p></div>\n";
  } else {
    text += "<div class=\"banner failed\" role=\"alert\"><p class=\"bad\">NOT VERIFIED: " +
            counted(findings.size(), "finding") +
            "</p>\n<p>The ledger is damaged or was changed. What follows is what it says now, and may not be what "
            "happened.</p>"
            "</div>\n<ol>\n";
    for (std::size_t i = 0; i < std::min(findings.size(), most_findings); ++i)
      text += "<li>" + html(findings[i]) + "</li>\n";
    text += "</ol>\n";
    if (findings.size() > most_findings)
      text += "<p>" + counted(findings.size() - most_findings, "finding") +
              " more: <a href=\"verification.json\">verification.json</a></p>\n";
  }
  for (const auto& checkpoint : evidence.earlier)
    text += "<p>It was compared with a checkpoint that had been kept: " + head(checkpoint.head) + "</p>\n";
  if (evidence.earlier.empty())
    text +=
        "<p>No earlier checkpoint was at hand. A chain by itself cannot show that its end was cut off, or that all of "
        "it was "
        "written anew: compare the head above with one that was kept elsewhere.</p>\n";
  return text;
}

std::string databases(const Evidence& evidence) {
  std::string text =
      "<h2 id=\"databases\" class=\"same-page\">Databases</h2>\n<table>\n<caption>Databases, the targets that lead to "
      "them, and the end of "
      "each one's history as far as the ledger holds it</caption>\n<thead><tr><th scope=\"col\">Target</th>"
      "<th scope=\"col\">Database</th><th scope=\"col\">Last seen</th><th scope=\"col\">Head of its "
      "history</th></tr></thead>\n"
      "<tbody>\n";
  for (const auto& database : evidence.databases) {
    std::string place;
    std::int64_t seen = database.last_at_ms;
    for (const auto& target : database.targets) {
      place += html(target.database_name) + "<small>Postgres " + html(target.server_version) +
               (target.system_identifier.empty() ? "" : ", server " + html(target.system_identifier)) + "</small>";
      seen = std::max(seen, target.last_seen_ms);
    }
    text += "<tr><th scope=\"row\">" +
            (database.targets.empty() ? "no target leads there now" : html(database.name())) +
            "</th><td data-label=\"Database\">" + place + "<small>" + html_code(database.uuid) +
            "</small></td><td class=\"time\" data-label=\"Last seen\">" + html_time(seen) +
            "</td><td data-label=\"Head of its history\">" + head(database.head) + "</td></tr>\n";
  }
  return text + "</tbody></table>\n";
}

std::string link_to(const Evidence& evidence, const std::optional<Digest>& digest) {
  const auto text = digest ? evidence.texts.find(*digest) : evidence.texts.end();
  if (text == evidence.texts.end() || !text->second.is_kept) return {};
  return " <a href=\"" + html(text->second.path) + "\">" + html(text->second.path) + "</a>";
}

std::string drift(const Evidence& evidence) {
  std::string text = "<h2 id=\"drift\" class=\"same-page\">Drift</h2>\n";
  std::string list;
  for (const auto& database : evidence.databases) {
    for (const auto* found : evidence.drift_of(database.uuid))
      list += "<li>" + html(database.name()) + ", " + html_time(found->at_ms) + " UTC: " + html(found->note) +
              link_to(evidence, found->sha256) + "</li>\n";
  }
  if (list.empty())
    return text + "<p>The ledger has no result of a comparison between a database and what its migrations make.</p>\n";
  return text + "<p>What a database was found to hold, beside what its migrations make:</p>\n<ul>\n" + list + "</ul>\n";
}

std::string remarks(const Evidence& evidence) {
  std::string list;
  std::size_t count = 0;
  for (const auto& remark : evidence.remarks) {
    if (remark.kind == "drift") continue;
    if (++count <= most_findings)
      list += "<li>" + html_time(remark.at_ms) + " UTC, " + html(evidence.name_of(remark.database)) + ": " +
              html(remark.kind) + (remark.note.empty() ? "" : ", " + html(remark.note)) +
              link_to(evidence, remark.sha256) + "</li>\n";
  }
  if (count > most_findings)
    list += "<li>" + std::to_string(count - most_findings) + " more: <a href=\"events.csv\">events.csv</a></li>\n";
  return "<h2 id=\"remarks\">Remarks</h2>\n" +
         (list.empty()
              ? std::string("<p>The ledger has none.</p>\n")
              : "<p>What the ledger notes besides: what was fetched from Postgres and not witnessed, and what whoever "
                "reads it should know.</p>\n<ul>\n" +
                    list + "</ul>\n");
}

constexpr const char* end_of_page = R"html(<h2 id="check" class="same-page">How to check this</h2>
<p>In the folder of this page, with a shell and GNU coreutils:</p>
<pre>sh verify.sh</pre>
<p>It recomputes every SHA-256 and the whole chain, prints the head, and names what does not fit. Compare the head with one that
was kept elsewhere: by a run's last line in a log, or by a checkpoint. <a href="README.md">README.md</a> says what each file
holds, how the events are encoded, and what the chain proves and what it cannot.</p>
<p>All events: <a href="events.csv">events.csv</a>, <a href="events.json">events.json</a>.</p>
</main>
</body>
</html>
)html";

}  // namespace

void write_evidence_html(const Evidence& evidence, const FindText& find_text, const TakeText& out) {
  out(begin_of_page(evidence));
  out(facts(evidence));
  out(verification(evidence));
  out(databases(evidence));
  out(drift(evidence));
  write_runs_section(evidence, out);
  write_migrations_section(evidence, out);
  write_sql_section(evidence, find_text, out);
  out(remarks(evidence));
  out(end_of_page);
}

}  // namespace strata
