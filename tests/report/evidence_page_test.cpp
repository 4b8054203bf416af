// The page of an evidence pack, of names and texts that somebody chose to do harm.
#include "core/report/evidence_html.h"
#include "core/report/html.h"

#include <catch2/catch.hpp>

#include <regex>

using namespace strata;
using Catch::Matchers::Contains;

namespace {

const std::string harm =
    "</td><script>alert(1)</script>\" onclick='x' &lt; \xe2\x80\xae"
    "evil\x1b[2J\xff";

Evidence hostile_evidence() {
  Evidence evidence;
  evidence.ledger = harm;
  evidence.strata_version = harm;
  evidence.findings = {harm};
  LedgerTarget target;
  target.name = target.database_name = target.server_version = target.system_identifier = harm;
  evidence.databases.push_back({harm, {target}, {}, 1});
  const Actor actor{harm, harm, harm, harm, harm, harm};
  const auto digest = sha256("text");
  evidence.texts[digest] = {"sql/" + harm, 1, true};
  EvidenceRun run;
  run.id = run.database = run.command = run.outcome = run.note = run.strata_version = harm;
  run.actor = actor;
  run.plan = digest;
  evidence.runs.push_back(run);
  EvidenceMigration migration;
  migration.database = migration.module_version = migration.state = migration.run = harm;
  migration.id = harm + "/" + harm;
  migration.kind = "repeatable";
  migration.sha256 = digest;
  migration.texts = {digest};
  migration.actor = actor;
  evidence.migrations.push_back(migration);
  for (const auto* kind : {"drift", "observed"}) evidence.remarks.push_back({1, kind, harm, 1, harm, digest});
  return evidence;
}

std::string page_of(const Evidence& evidence) {
  std::string page;
  write_evidence_html(
      evidence, [](const Digest&) { return std::optional(harm); }, [&](std::string_view text) { page += text; });
  return page;
}

}  // namespace

TEST_CASE("page: nothing that a name or text holds becomes markup, and what nobody can see is visible", "[report]") {
  CHECK(html("<a b=\"c\" d='e'>&") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  const auto page = page_of(hostile_evidence());
  CHECK_THAT(page, !Contains("<script") && !Contains("onclick='") && !Contains("\x1b") && !Contains("\xe2\x80\xae"));
  CHECK_THAT(page, Contains("&lt;script&gt;alert(1)") && Contains("\\u202eevil\\x1b[2J\\xff"));
  // Every quote inside a tag belongs to the page: each tag's attributes are name="value" and no more.
  const std::regex tag("<[a-z][a-z0-9]*((?: [a-z-]+(?:=\"[^\"<>]*\")?)*)>|</[a-z0-9]+>|<!DOCTYPE html>");
  std::string rest = std::regex_replace(page.substr(page.find("</style>")), tag, "");
  CHECK(rest.find('<') == std::string::npos);
}

TEST_CASE("page: it has a language, headings in order, captions and scopes, and fetches nothing", "[report]") {
  const auto page = page_of(hostile_evidence());
  CHECK_THAT(page, Contains("<html lang=\"en\">") && Contains("name=\"viewport\"") && Contains("href=\"#main\""));
  std::size_t tables = 0;
  for (auto at = page.find("<table>"); at != std::string::npos; at = page.find("<table>", at + 1)) {
    ++tables;
    CHECK(page.compare(at, 16, "<table>\n<caption") == 0);
  }
  CHECK(tables == 3);
  const std::regex heading("<h([1-6])");
  int level = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), heading), end; at != end; ++at) {
    const auto next = (*at)[1].str().front() - '0';
    CHECK(next <= level + 1);
    level = next;
  }
  for (auto at = page.find("<th "); at != std::string::npos; at = page.find("<th ", at + 1))
    CHECK(page.compare(at, 10, "<th scope=") == 0);
  CHECK_THAT(page, !Contains("http") && !Contains("src=") && !Contains("url(") && !Contains("@import"));
}

TEST_CASE("page: of thousands of migrations it lists the newest, and says where the others are", "[report]") {
  Evidence evidence;
  evidence.databases.push_back({"one", {}, {}, 1});
  for (int i = 0; i < 2'003; ++i) {
    EvidenceMigration migration;
    migration.database = "one";
    migration.id = "shop/" + std::to_string(10'000 + i);
    migration.state = "applied";
    migration.at_ms = i + 1;
    evidence.migrations.push_back(migration);
  }
  const auto page = page_of(evidence);
  CHECK_THAT(page, Contains("3 migrations more, older than these, are in <a href=\"migrations.csv\">"));
  CHECK_THAT(page, !Contains(">10002<") && Contains(">10003<") && Contains(">12002<"));
}

TEST_CASE("page: an actor is taken apart as a run wrote it, and left whole where it is something else", "[report]") {
  const auto actor =
      read_actor("app@role@ci-7 (deployer) {\"commit\":\"866e\",\"image\":\"i@sha256:1\",\"pipeline\":\"9\"}");
  CHECK(actor.role == "app@role");
  CHECK(actor.host == "ci-7");
  CHECK(actor.os_user == "deployer");
  CHECK(actor.commit == "866e");
  CHECK(actor.image == "i@sha256:1");
  CHECK(actor.pipeline == "9");
  CHECK(read_actor("app@ci (me)").os_user == "me");
  for (const std::string odd : {"", "somebody", "a@b", "(x)", "a@b (c) {broken", "a@b (c) [1]"}) {
    INFO(odd);
    CHECK(read_actor(odd).pipeline.empty());
  }
  CHECK(read_actor("somebody").role == "somebody");
}
