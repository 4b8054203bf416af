// Where strata's history and Prisma's table speak of one folder of migrations: what each knows that the other does not,
// and what has to be written so that both say the same again.
#pragma once

#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/execute/settle.h"
#include "core/model/applied.h"
#include "core/postgres/prisma_table.h"
#include "state/ledger.h"

#include <string>
#include <vector>

namespace strata {

struct PrismaContact {
  std::string owner;  // the module's id
  bool table_is_missing = false;
  std::vector<Adoption> adopted;            // applied by Prisma, and not known to strata: in the order of the folder
  std::vector<const Migration*> unwritten;  // applied by strata, and not in Prisma's table
  std::vector<PrismaRow> failed;            // begun by Prisma and neither finished nor rolled back (its P3009)
  std::vector<std::string> unknown;         // applied by Prisma, but the folder is not there: names
  std::vector<std::string> rolled_back;     // of which Prisma has rows, and none that still counts: names

  bool has_work() const { return table_is_missing || !adopted.empty() || !unwritten.empty(); }
};

// Does `checksum`, as Prisma's table has it, belong to this text? Prisma looks past a change of line ends, replaces
// what is not UTF-8 by U+FFFD before it hashes, and versions long ago left out zeros.
bool is_prisma_checksum_of(const std::string& checksum, std::string_view text);

// `owner`'s migrations are the folder. A text that was changed since Prisma applied it is adopted as what Prisma
// applied, so that planning refuses it like any changed migration; if `ledger` (or null) has that text, its statements
// count.
PrismaContact compare_with_prisma(const Module& owner, const Applied& applied, const std::vector<PrismaRow>& rows,
                                  const Ledger* ledger);

// `applied` as it will be once the contact is written: what plan and status show before that.
Applied with_adopted(Applied applied, const PrismaContact& contact);

// Refuses (needs_person, P3009) while a migration that Prisma began is unsettled.
Result<void> refuse_failed(const PrismaContact& contact);

}  // namespace strata
