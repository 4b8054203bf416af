#include "tests/state/sqlite_faults.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace strata::test {

namespace {

Fault planned;
int calls = 0;

// Counts a call. Is it to fail?
bool fails_now() {
  ++calls;
  if (calls == planned.at && planned.what == Fault::What::kill_before) raise(SIGKILL);
  const bool fails = (calls == planned.at && planned.what == Fault::What::fail) ||
                     (calls >= planned.at && planned.what == Fault::What::fail_from);
  if (fails) errno = planned.error;
  return fails;
}

bool dies_now() {
  return calls == planned.at && planned.what == Fault::What::kill_after;
}

template <typename Number>
Number afterwards(Number result) {
  if (dies_now()) raise(SIGKILL);
  return result;
}

ssize_t write_at(int file, const void* bytes, size_t size, off_t offset) {
  if (fails_now()) return -1;
  return afterwards(pwrite(file, bytes, dies_now() ? size / 2 : size, offset));
}

ssize_t write_on(int file, const void* bytes, size_t size) {
  if (fails_now()) return -1;
  return afterwards(write(file, bytes, size));
}

int truncate_to(int file, off_t size) {
  if (fails_now()) return -1;
  return afterwards(ftruncate(file, size));
}

int unlink_it(const char* path) {
  if (fails_now()) return -1;
  return afterwards(unlink(path));
}

template <typename Function>
sqlite3_syscall_ptr as_call(Function* function) {
  return reinterpret_cast<sqlite3_syscall_ptr>(function);
}

}  // namespace

void set_fault(const Fault& fault) {
  planned = fault;
  calls = 0;
  auto* const vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, "pwrite", as_call(write_at));
  vfs->xSetSystemCall(vfs, "pwrite64", as_call(write_at));
  vfs->xSetSystemCall(vfs, "write", as_call(write_on));
  vfs->xSetSystemCall(vfs, "ftruncate", as_call(truncate_to));
  vfs->xSetSystemCall(vfs, "unlink", as_call(unlink_it));
}

int calls_so_far() {
  return calls;
}

}  // namespace strata::test

// SQLite has no hook for its syncs: the program's own definition comes before the C library's. Nothing is really
// synced: these tests kill processes, not machines.
extern "C" __attribute__((visibility("default"))) int fdatasync(int) {
  return strata::test::fails_now() ? -1 : strata::test::afterwards(0);
}
