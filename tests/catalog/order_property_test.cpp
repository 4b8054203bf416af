// The order of random catalogs against the rule of design 3.2 written down a second time, as simply as it can be.
#include "core/catalog/catalog.h"

#include "tests/support/builders.h"

#include <random>
#include <set>
#include <tuple>

using namespace strata;
using namespace strata::test;

namespace {

std::vector<Module> random_modules(std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return random() % limit; };
  const std::size_t count = 1 + below(6);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
  std::shuffle(names.begin(), names.end(), random);

  std::vector<MigrationSketch> sketches;
  for (const auto& name : names) {
    std::set<std::string> migrations;
    for (auto left = below(6); left > 0; --left) {
      // Few times, so that there are many ties.
      migrations.insert("2026010" + std::to_string(1 + below(4)) + "000000_" + static_cast<char>('p' + below(3)));
    }
    for (const auto& migration : migrations) sketches.push_back({.id = name + "/" + migration});
  }
  for (auto left = below(2 * sketches.size() + 1); left > 0; --left) {
    auto& one = sketches[below(sketches.size())];
    one.needs.push_back(sketches[below(sketches.size())].id);
  }
  std::vector<Module> modules;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> requirements;
    for (std::size_t j = 0; j < i; ++j) {
      if (below(3) == 0) requirements.push_back(names[j]);
    }
    modules.push_back(module_of(names[i], "1.0.0", requirements, sketches));
  }
  return modules;
}

int naive_rank(const std::vector<Module>& modules, const std::string& id) {
  int rank = 1;
  for (const auto& module : modules) {
    for (const auto& requirement : module.requirements) {
      if (module.id == id) rank = std::max(rank, 1 + naive_rank(modules, requirement.module));
    }
  }
  return rank;
}

// Again and again: of all that may come next, the least. Nothing: there is a circle.
std::optional<std::vector<std::string>> naive_order(const std::vector<Module>& modules) {
  struct Waiting {
    std::tuple<std::string, int, std::string, std::string> key;
    std::string id;
    std::vector<std::string> before;
  };
  std::vector<Waiting> waiting;
  for (const auto& module : modules) {
    std::vector<std::string> before;
    for (const auto& migration : module.migrations) {
      for (const auto& id : migration.directives.needs) before.push_back(id.text());
      waiting.push_back(
          {{std::string(migration.timestamp()), naive_rank(modules, module.id), module.id, migration.id.name},
           migration.id.text(),
           before});
      before = {migration.id.text()};
    }
  }
  std::vector<std::string> order;
  const auto is_placed = [&](const std::string& id) {
    return std::find(order.begin(), order.end(), id) != order.end();
  };
  while (!waiting.empty()) {
    auto next = waiting.end();
    for (auto at = waiting.begin(); at != waiting.end(); ++at) {
      const bool ready = std::all_of(at->before.begin(), at->before.end(), is_placed);
      if (ready && (next == waiting.end() || at->key < next->key)) next = at;
    }
    if (next == waiting.end()) return std::nullopt;
    order.push_back(next->id);
    waiting.erase(next);
  }
  return order;
}

std::optional<std::vector<std::string>> order_of(std::vector<Module> modules) {
  const auto catalog = Catalog::build(std::move(modules));
  if (!catalog) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto* migration : catalog->order()) ids.push_back(migration->id.text());
  return ids;
}

}  // namespace

TEST_CASE("catalog: the order is that of the rule, whatever order the modules come in", "[catalog]") {
  std::mt19937 random(20260131);
  int circles = 0;
  for (int round = 0; round < 200; ++round) {
    INFO("round " << round);
    auto modules = random_modules(random);
    const auto expected = naive_order(modules);
    circles += !expected;
    for (int shuffles = 0; shuffles < 3; ++shuffles) {
      REQUIRE(order_of(modules) == expected);
      std::shuffle(modules.begin(), modules.end(), random);
    }
  }
  // Both outcomes were tried.
  CHECK(circles > 20);
  CHECK(circles < 180);
}
