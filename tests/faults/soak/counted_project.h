// A project whose migrations can be counted: each leaves a row in the table `effect`, which has no key, so that what
// ran twice is there twice. All are in one database, which is emptied for the next.
#pragma once

#include "tests/faults/soak/tally.h"
#include "tests/support/plain_project.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::soak {

class CountedProject {
 public:
  // Empties the database. Its first migration makes the table.
  explicit CountedProject(const std::string& url);

  test::Project& project() { return project_; }
  const test::Project& project() const { return project_; }

  // A migration that comes after `sql` in its transaction, or statement by statement, to its effect.
  void add(const std::string& id, const std::string& sql);
  // Its two effects stand around `sql`, and none of it is in a transaction.
  void add_without_transaction(const std::string& id, const std::string& sql);
  void add_repeatable(const std::string& id, const std::string& sql);

  std::size_t size() const { return ids_.size(); }
  const std::set<std::string>& ids() const { return ids_; }

  // Once a run is complete: each effect is there exactly once, just where there is a history row and an applied event;
  // no index is INVALID; and all that test::unsettled() finds.
  std::vector<std::string> wrong() const;

 private:
  test::Project project_;
  std::set<std::string> ids_;
  std::set<std::string> effects_;
};

// Several modules, transactional migrations of many kinds, one without a transaction, repeatables; by chance.
void write_varied(CountedProject& counted, Tally& tally);
// Two migrations besides the one that makes the table.
void write_two(CountedProject& counted);

// How long after now nobody holds the run lock of the database; nullopt: not within `patience`.
std::optional<milliseconds> time_until_unlocked(test::Database& database, milliseconds patience);

// The database's name in a URL of the tests' own servers.
std::string database_in(const std::string& url);

}  // namespace strata::soak
