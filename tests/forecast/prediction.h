// A prediction in the words of the measured rows.
#pragma once

#include "core/forecast/impact.h"
#include "tests/forecast/measured.h"
#include "tests/support/builders.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace strata::test {

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// In the order of their names, as "t AX".
inline std::vector<std::string> pairs_of(const std::string& text) {
  const auto words = words_of(text);
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) pairs.push_back(words[i] + " " + words[i + 1]);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

inline const char* short_name_of(LockMode mode) {
  constexpr const char* names[] = {"-", "AS", "RS", "RX", "SUX", "S", "SRX", "X", "AX"};
  return names[static_cast<std::size_t>(mode)];
}

// All statements of `sql` in one: what a transaction holds in the end.
inline std::vector<StatementImpact> predict(const std::string& sql, World& world, int server) {
  const auto script = value_of(read_script(sql, "m.sql", false));
  std::vector<StatementImpact> impacts;
  for (const auto& statement : script.statements) impacts.push_back(impact_of(statement, world, server));
  return impacts;
}

struct Prediction {
  std::vector<std::string> locks;  // "t AX"; without what the statement itself drops
  std::vector<std::string> scans;
  std::vector<std::string> rewrites;
  std::vector<std::string> rebuilt;  // indexes of tables that are kept
  std::string unknown;
};

inline Prediction prediction_of(const std::string& sql, World& world, int server) {
  Prediction prediction;
  std::map<std::string, LockMode> locks;
  std::map<std::string, bool> dropped;
  for (const auto& impact : predict(sql, world, server)) {
    prediction.unknown += impact.unknown;
    for (const auto& table : impact.tables) {
      dropped[table.table] |= table.drops;
      auto& strongest = locks[table.table];
      strongest = std::max(strongest, table.lock);
      // A file made anew is what TRUNCATE and a rewrite have in common; its indexes are built on the empty one.
      if (table.scans || table.empties) prediction.scans.push_back(table.table);
      if (table.rewrites || table.empties) prediction.rewrites.push_back(table.table);
      for (const auto& index : table.rebuilt_indexes) prediction.rebuilt.push_back(index);
    }
  }
  for (const auto& [table, mode] : locks)
    if (!dropped[table]) prediction.locks.push_back(table + " " + short_name_of(mode));
  for (auto* list : {&prediction.locks, &prediction.scans, &prediction.rewrites, &prediction.rebuilt})
    std::sort(list->begin(), list->end());
  return prediction;
}

}  // namespace strata::test
