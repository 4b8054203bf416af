// The ledger as a file among others: what lies at its path, making it, and who else has it open.
#pragma once

#include "core/base/result.h"

#include <string>

namespace strata {

// Is there a regular file? Fails with bad_ledger for anything else. It is looked at, never opened: a FIFO would block,
// and the first descriptor of a file that a process closes drops all its POSIX locks on it, also SQLite's.
Result<bool> ledger_is_at(const std::string& path);

// Makes an empty file (0600) and the folders above it. One that another process makes at the same moment is as good.
Result<void> make_ledger_file(const std::string& path);
// What was made in a folder is still there after a power cut once the folder is synced. SQLite does that as well, but
// says nothing when it fails.
Result<void> sync_folder_of(const std::string& path);

// The same path with its folder's symbolic links resolved: SQLite then refuses any, and a change of the working
// directory does not matter.
Result<std::string> resolve_ledger_path(const std::string& path);

// May this process write the file, and make a journal beside it?
bool ledger_is_writable(const std::string& path);

// "process 4711 (sqlite3)": who holds a lock of SQLite's on the file, as far as this kernel tells; else "another
// process".
std::string lock_holder(const std::string& path);

// The name of the network file system that the file lies on, else empty. There locks and syncs may mean nothing, and a
// committed append can be overwritten (reliability facts L21).
std::string network_file_system(const std::string& path);

}  // namespace strata
