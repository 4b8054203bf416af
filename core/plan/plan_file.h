// A plan as a file: what one run will do, bound by digests to the migrations, the modules and the state that it was
// made of, so that another run, elsewhere and later, does exactly that or refuses. docs/offline.md describes the
// format.
//
//   {"plan":
//   {"format":1,"kind":"strata plan",…}
//   ,"signatures":[{"key":"…","signature":"…"}]}
//
// One JSON document; its second line, the line feed included, is what is signed and what the plan's digest is of. No
// white space besides, keys in one order, and no time or path in it: the same plan has the same bytes.
#pragma once

#include "core/base/signature.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// The history's head when the plan was made.
struct PlannedState {
  std::string database;  // strata's uuid of it
  std::int64_t seq = 0;
  Digest chain{};
};

struct PlannedModule {
  std::string id;
  std::string version;
  Digest digest{};
  std::optional<Digest> library;  // of a plugin: SHA-256 of its file
};

// What another tool has applied and the run will take over first.
struct PlannedAdoption {
  MigrationId id;
  Digest sha256{};
};

struct PlannedAcceptance {
  MigrationId id;
  Digest before{};
  Digest after{};
};

struct PlannedStep {
  MigrationId id;
  Digest sha256{};
  std::uint64_t resume_at = 0;
  StepReason reason = StepReason::pending;
  bool transactional = true;
  bool out_of_order = false;
};

struct PlanSignature {
  Digest key{};  // PublicKey::id()
  Signature signature{};
};

struct PlanFile {
  std::string path;  // for messages; not written
  std::string strata_version;
  std::string target;
  PlanOptions options;
  std::optional<PlannedState> state;   // nullopt: no history yet
  std::vector<PlannedModule> modules;  // by id
  std::vector<PlannedAdoption> adopted;
  std::vector<PlannedAcceptance> accepted;
  std::vector<PlannedStep> steps;
  std::vector<PlanSignature> signatures;  // by key
};

inline constexpr std::size_t most_plan_bytes = 16U << 20;  // some 60,000 steps

// `plan` was made of `catalog`; what is not of the plan itself (target, state, …) is left to the caller.
PlanFile plan_file_of(const Plan& plan, const Catalog& catalog);

// The second line: what is signed.
std::string signed_text(const PlanFile& file);
// SHA-256 of the second line: what strata.run keeps as plan_digest. A signature does not change it.
Digest digest_of(const PlanFile& file);
// Signs the file; a signature of the same key is replaced.
void sign(PlanFile& file, const PrivateKey& key);

// The whole file. Fails with bad_plan where a name cannot stand in one (a target with a control character).
Result<std::string> write_plan_file(const PlanFile& file);
// Reads one back. Fails with bad_plan, naming `path`, unless it is exactly what write_plan_file writes. Signatures are
// read, not judged.
Result<PlanFile> read_plan_file(std::string_view text, const std::string& path);

// Passes where one of `keys` has signed the file. Fails with not_permitted: unsigned, signed by others (their ids are
// named), or changed since it was signed.
Result<void> require_signature(const PlanFile& file, const std::vector<PublicKey>& keys);

// How the modules differ from those of the plan: a line for each. A library counts where both come from one.
std::vector<std::string> differing_modules(const PlanFile& file, const std::vector<Module>& modules);
// How the steps of `now`, made of `catalog`, differ from what is left of the plan: a line for each. What runs of this
// very plan have `begun` may be done, or go on anywhere.
std::vector<std::string> differing_steps(const PlanFile& file, const Plan& now, const Catalog& catalog,
                                         const std::set<MigrationId>& begun);

}  // namespace strata
