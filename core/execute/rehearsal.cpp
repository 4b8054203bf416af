#include "core/execute/rehearsal.h"

#include "core/execute/executor_pieces.h"
#include "core/sql/directives.h"
#include "core/sql/quote.h"

#include <algorithm>
#include <deque>

namespace strata {

namespace {

// Roles belong to the server, so that an earlier replay may have made them already.
std::string tolerant(const Statement& statement) {
  for (const auto* kind : {"CREATE ROLE", "CREATE USER", "CREATE GROUP"}) {
    if (statement.kind != kind) continue;
    return "DO " + quote_literal("BEGIN EXECUTE " + quote_literal(statement.text) +
                                 "; EXCEPTION WHEN duplicate_object THEN NULL; END");
  }
  return "";
}

// `kept` owns what the request borrows.
Request request_of(const Statement& statement, std::deque<std::string>& kept) {
  Request request{statement.text, {}, {}};
  if (auto text = tolerant(statement); !text.empty()) request.sql = kept.emplace_back(std::move(text));
  if (statement.kind == "COPY") request.copy_data = statement.copy_data ? *statement.copy_data : std::string_view();
  request.without_rows = true;
  return request;
}

Error refusal_of(const ServerMessage& message, const RehearsedText& text, const Statement& statement,
                 const SessionFacts& facts) {
  auto error = locate_error(message, text.sql, text.path, statement);
  explain_safe_path(error, message, statement, facts.server_version);
  return error;
}

Result<void> in_one_transaction(PgSession& session, const RehearsedText& text, const Script& script,
                                const std::string& settings) {
  std::vector<Request> requests = {{begin_sql}, {login_role_sql}, {"RESET ALL"}, {settings}};
  const auto own = requests.size();
  std::deque<std::string> kept;
  for (const auto& statement : script.statements) requests.push_back(request_of(statement, kept));
  requests.push_back({"COMMIT"});
  STRATA_TRY(const auto outcome, session.batch(requests));
  if (!outcome.refused) return {};
  STRATA_CHECK(session.query("ROLLBACK"));
  const auto at = outcome.results.size();
  if (at < own || at >= own + script.statements.size()) return fail(to_error(*outcome.refused));
  return fail(refusal_of(*outcome.refused, text, script.statements[at - own], session.facts()));
}

Result<void> one_by_one(PgSession& session, const RehearsedText& text, const Script& script,
                        const std::string& settings) {
  STRATA_CHECK(session.query(login_role_sql));
  STRATA_CHECK(session.query("RESET ALL"));
  STRATA_CHECK(session.query(settings));
  const auto last = std::min(text.last.value_or(script.statements.size()), script.statements.size());
  for (std::size_t i = 0; i < last; ++i) {
    const auto& statement = script.statements[i];
    // What was done already is not done again, but what it set in the session is.
    if (i < text.first && statement.session != SessionEffect::setting) continue;
    // A pipeline begins a transaction of its own, in which some statements cannot run; COPY needs its protocol.
    std::deque<std::string> kept;
    const auto request = request_of(statement, kept);
    STRATA_TRY(const auto outcome, statement.kind == "COPY" ? session.batch({request})
                                                            : session.try_without_rows(std::string(request.sql)));
    if (outcome.refused) return fail(refusal_of(*outcome.refused, text, statement, session.facts()));
  }
  return {};
}

}  // namespace

Result<void> rehearse(PgSession& session, const RehearsedText& text, const ExecuteOptions& options) {
  STRATA_TRY(const auto directives, read_directives(text.sql, text.path));
  STRATA_TRY(const auto script, read_script(text.sql, text.path, directives.no_transaction));
  const auto settings = migration_settings_sql(session.facts(), options, directives);
  const bool whole = text.first == 0 && (!text.last || *text.last >= script.statements.size());
  return script.transactional && whole ? in_one_transaction(session, text, script, settings)
                                       : one_by_one(session, text, script, settings);
}

}  // namespace strata
