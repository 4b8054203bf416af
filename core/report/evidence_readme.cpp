#include "core/report/evidence_readme.h"

#include "core/report/pack/texts.h"

#include <cassert>

namespace strata {

namespace {

// From a heading of state/README.md up to the next of its level.
std::string_view section(std::string_view heading) {
  const auto begin = state_readme.find(heading);
  assert(begin != std::string_view::npos);
  const auto end = state_readme.find("\n## ", begin);
  return state_readme.substr(begin, end == std::string_view::npos ? end : end + 1 - begin);
}

}  // namespace

std::string evidence_readme(const Evidence& evidence) {
  std::string text(pack_readme);
  text += "\nThis one was made by strata " + evidence.strata_version + " at " + iso8601(evidence.made_ms) +
          ", from the ledger " + evidence.ledger + ", whose head was event " + std::to_string(evidence.head.seq) +
          " with chain value " + hex(evidence.head.chain) + ".\n\n";
  for (const auto* heading :
       {"## An event", "## The chain", "## Checkpoints", "## What this proves, and what it cannot"})
    text += std::string(section(heading)) + "\n";
  text.pop_back();
  return text;
}

}  // namespace strata
