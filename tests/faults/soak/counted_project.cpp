#include "tests/faults/soak/counted_project.h"

#include <map>
#include <sstream>

namespace strata::soak {

using namespace strata::test;

namespace {

const std::string first_id = "base/20260101000000_effects";

std::string effect(const std::string& name) {
  return "INSERT INTO effect VALUES ('" + name + "');\n";
}

// "name|2" lines as a map.
std::map<std::string, int> counts(const std::string& lines) {
  std::map<std::string, int> found;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const auto bar = line.rfind('|');
    found[line.substr(0, bar)] = std::stoi(line.substr(bar + 1));
  }
  return found;
}

// Exactly the names of `expected`, each once.
void compare(const std::string& what, const std::set<std::string>& expected, const std::map<std::string, int>& found,
             std::vector<std::string>& wrong) {
  for (const auto& name : expected) {
    if (!found.contains(name)) wrong.push_back(what + " " + name + " is lost");
  }
  for (const auto& [name, count] : found) {
    if (!expected.contains(name)) wrong.push_back(what + " " + name + " should not be there");
    if (count != 1) wrong.push_back(what + " " + name + " is there " + std::to_string(count) + " times");
  }
}

}  // namespace

CountedProject::CountedProject(const std::string& url) : project_(url) {
  project_.ask("DROP SCHEMA IF EXISTS strata CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  project_.migration(first_id, "CREATE TABLE effect (name text);\n" + effect(first_id));
  ids_.insert(first_id);
  effects_.insert(first_id);
}

void CountedProject::add(const std::string& id, const std::string& sql) {
  project_.migration(id, "-- strata: needs " + first_id + "\n" + sql + "\n" + effect(id));
  ids_.insert(id);
  effects_.insert(id);
}

void CountedProject::add_without_transaction(const std::string& id, const std::string& sql) {
  project_.migration(id, "-- strata: needs " + first_id + "\n-- strata: no-transaction\n" + effect(id + " begun") +
                             sql + "\n" + effect(id + " ended"));
  ids_.insert(id);
  effects_.insert({id + " begun", id + " ended"});
}

void CountedProject::add_repeatable(const std::string& id, const std::string& sql) {
  project_.repeatable(id, sql + "\n" + effect(id));
  ids_.insert(id);
  effects_.insert(id);
}

std::vector<std::string> CountedProject::wrong() const {
  std::vector<std::string> wrong;
  Database database(project_.url());
  compare("the effect", effects_, counts(database.ask("SELECT name, count(*) FROM effect GROUP BY name")), wrong);
  compare("the row of", ids_,
          counts(database.ask("SELECT id, count(*) FROM strata.migration WHERE state = 'applied' GROUP BY id")), wrong);
  compare("the applied event of", ids_,
          counts(database.ask("SELECT subject, count(*) FROM strata.event WHERE kind = 'applied' GROUP BY subject")),
          wrong);
  const auto others = database.ask("SELECT id || ' is ' || state FROM strata.migration WHERE state <> 'applied'");
  if (!others.empty()) wrong.push_back(others);
  const auto invalid = database.ask("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid");
  if (!invalid.empty()) wrong.push_back("INVALID: " + invalid);
  for (auto& line : unsettled(project_)) wrong.push_back(std::move(line));
  return wrong;
}

void write_varied(CountedProject& counted, Tally& tally) {
  const std::vector<std::string> modules{"billing", "mail", "shop", "users"};
  const auto some_modules = 2 + tally.below(3);
  const auto id_of = [&](unsigned day) {
    return modules[tally.below(some_modules)] + "/202602" + std::to_string(10 + day) + "000000_step";
  };
  const auto steps = 3 + tally.below(4);
  for (unsigned day = 0; day < steps; ++day) {
    const auto id = id_of(day);
    const auto table = "step_" + std::to_string(day);
    const auto make = "CREATE TABLE " + table + " (id int);";
    switch (tally.below(5)) {
      case 0:
        counted.add(id, make);
        break;
      case 1:
        counted.add(id, make + "\nINSERT INTO " + table + " SELECT generate_series(1, 500);\nCREATE INDEX ON " + table +
                            " (id);");
        break;
      case 2:
        counted.add(id,
                    "DO $do$ BEGIN EXECUTE 'CREATE TABLE " + table + " (id int)'; PERFORM pg_sleep(0.005); END $do$;");
        break;
      case 3:
        counted.add(id, make + "\nCREATE FUNCTION f_" + table +
                            "() RETURNS int LANGUAGE sql AS $$ SELECT count(*)::int FROM " + table + " $$;");
        break;
      default:
        counted.add(id, make + "\nINSERT INTO " + table + " VALUES (1);");
        counted.project().verify(id, "SELECT 1 / count(*) FROM " + table + ";");
    }
  }
  const auto last = id_of(steps);
  counted.add_without_transaction(last,
                                  "CREATE TABLE bare (id int);\nINSERT INTO bare SELECT generate_series(1, 1000);\n"
                                  "CREATE INDEX CONCURRENTLY bare_id ON bare (id);\n");
  for (unsigned i = 0; i <= tally.below(2); ++i) {
    const auto name = "view_" + std::to_string(i);
    counted.add_repeatable(last.substr(0, last.find('/')) + "/" + name,
                           "CREATE OR REPLACE VIEW " + name + " AS SELECT id FROM bare;");
  }
}

void write_two(CountedProject& counted) {
  counted.add("shop/20260102000000_items", "CREATE TABLE item (id int);");
  counted.add("mail/20260103000000_letters", "CREATE TABLE letter (id int);");
}

std::optional<milliseconds> time_until_unlocked(Database& database, milliseconds patience) {
  const auto began = SteadyClock::now();
  const bool is_free = database.wait_until(
      "SELECT count(*) = 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND "
      "d.datname = current_database()",
      patience);
  if (!is_free) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
}

std::string database_in(const std::string& url) {
  const auto begin = url.find("///") + 3;
  return url.substr(begin, url.find('?') - begin);
}

}  // namespace strata::soak
