#include "tests/support/plain_project.h"

#include "tests/support/canary.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace strata::test {

namespace {

namespace fs = std::filesystem;

std::pair<std::string, std::string> parts_of(const std::string& id) {
  const auto slash = id.find('/');
  return {id.substr(0, slash), id.substr(slash + 1)};
}

// Whatever comes from files, plugins or the server can hold what a terminal obeys (CWE-150); none of it may come out.
bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  });
}

}  // namespace

Project::Project(std::string url) : url_(std::move(url)) {
  write("strata.toml", "[project]\nname = \"test\"\n");
}

Project::~Project() {
  refuse_canary_in(root() / ".strata" / "ledger.db");
}

fs::path Project::write(const fs::path& relative, std::string_view text) const {
  return dir_.write(relative, text);
}

void Project::module(const std::string& id, const std::string& version,
                     const std::vector<std::string>& requirements) const {
  std::string list;
  for (const auto& requirement : requirements) list += (list.empty() ? "\"" : ", \"") + requirement + "\"";
  write(fs::path("modules") / id / "module.toml",
        "id = \"" + id + "\"\nversion = \"" + version + "\"\nrequires = [" + list + "]\n");
}

fs::path Project::folder_of(const std::string& id) const {
  const auto [module, name] = parts_of(id);
  return (module == "base" ? fs::path("migrations") : fs::path("modules") / module / "migrations") / name;
}

void Project::migration(const std::string& id, std::string_view sql) const {
  const auto [module_id, name] = parts_of(id);
  if (module_id != "base" && !fs::exists(root() / "modules" / module_id / "module.toml")) module(module_id);
  write(folder_of(id) / "migration.sql", sql);
}

void Project::down(const std::string& id, std::string_view sql) const {
  write(folder_of(id) / "down.sql", sql);
}

void Project::verify(const std::string& id, std::string_view sql) const {
  write(folder_of(id) / "verify.sql", sql);
}

void Project::repeatable(const std::string& id, std::string_view sql) const {
  const auto [module_id, name] = parts_of(id);
  if (!fs::exists(root() / "modules" / module_id / "module.toml")) module(module_id);
  write(fs::path("modules") / module_id / "repeatable" / (name + ".sql"), sql);
}

Arguments Project::command_line(Arguments arguments) const {
  arguments.insert(arguments.begin(), STRATA_PROGRAM);
  if (!url_.empty()) arguments.insert(arguments.end(), {"--url", url_});
  return arguments;
}

ProcessResult Project::strata(Arguments arguments, Environment environment) const {
  const bool colored = std::find(arguments.begin(), arguments.end(), "always") != arguments.end();
  auto result = run(command_line(std::move(arguments)), {.cwd = root(), .env = std::move(environment)});
  if (!colored && (has_control(result.out) || has_control(result.err)))
    throw std::runtime_error("a control character was printed to what is no terminal: " + told(result));
  return result;
}

std::unique_ptr<Process> Project::start(Arguments arguments, Environment environment) const {
  return start_under({}, std::move(arguments), std::move(environment));
}

std::unique_ptr<Process> Project::start_under(Arguments program, Arguments arguments, Environment environment) const {
  for (auto& word : command_line(std::move(arguments))) program.push_back(std::move(word));
  return std::make_unique<Process>(std::move(program), ProcessOptions{.cwd = root(), .env = std::move(environment)});
}

nlohmann::json Project::json(Arguments arguments, int exit_code) const {
  arguments.push_back("--json");
  const auto result = strata(std::move(arguments));
  const auto document = nlohmann::json::parse(result.out, nullptr, false);
  if (result.exit_code != exit_code || document.is_discarded() || document.value("format", 0) != 1) {
    throw std::runtime_error("not one document of format 1 and exit code " + std::to_string(exit_code) + ": " +
                             told(result));
  }
  return document;
}

std::string Project::dump(bool with_history) const {
  Arguments command{"pg_dump", "--no-owner"};
  if (!with_history) command.push_back("--exclude-schema=strata");
  command.push_back(url_);
  const auto result = run(command);
  if (result.exit_code != 0) throw std::runtime_error("pg_dump: " + result.err);
  // Each dump has a key of its own in its \restrict and \unrestrict.
  std::istringstream lines(result.out);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")) text += line + "\n";
  }
  return text;
}

std::string told(const ProcessResult& result) {
  return "exit code " + std::to_string(result.exit_code) + ", signal " + std::to_string(result.signal) + ", " +
         std::to_string(result.elapsed.count()) + " ms\n" + result.out + result.err;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> ids_in(const nlohmann::json& list) {
  std::vector<std::string> ids;
  for (const auto& element : list) ids.push_back(element.at("id").get<std::string>());
  return ids;
}

std::vector<std::string> unsettled(const Project& project) {
  std::vector<std::string> found;
  for (const Arguments& question : std::vector<Arguments>{{"status", "--exit-code"}, {"audit", "verify"}}) {
    const auto answer = project.strata(question);
    if (answer.exit_code != 0) found.push_back("strata " + question.front() + ": " + told(answer));
  }
  std::map<std::int64_t, int> outcomes;
  const auto log = project.json({"audit", "log"});
  for (const auto& event : log.at("events")) {
    if (event.at("kind") == "intent") outcomes[event.at("seq").get<std::int64_t>()] += 0;
    if (event.at("kind") == "outcome") ++outcomes[event.at("intent_seq").get<std::int64_t>()];
  }
  for (const auto& [intent, count] : outcomes) {
    if (count != 1) found.push_back("intent " + std::to_string(intent) + " has " + std::to_string(count) + " outcomes");
  }
  const auto locks = project.ask(
      "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND "
      "d.datname = current_database()");
  if (locks != "0") found.push_back(locks + " advisory locks are held");
  return found;
}

std::string run_lock_text() {
  return std::to_string(0x737472617461);
}

}  // namespace strata::test
