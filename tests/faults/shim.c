/* Loaded before everything else (LD_PRELOAD) to be a worse world than this machine's, as variables ask:
 * STRATA_SHIM_FAIL_ALLOCATION=N   the N-th allocation of main(), and no other, finds no memory; the next one where
 *                                 that is libpg_query's, which takes memory for granted and crashes
 * STRATA_SHIM_COUNT=FILE          writes there how many allocations there were
 * STRATA_SHIM_CLOCK=SECONDS       the clock of the day is ahead by so much (negative: behind)
 * STRATA_SHIM_FILE_SYSTEM=NUMBER  every file lies on a file system of this type (statfs, f_type) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *held, size_t size);

static atomic_long allocations;
static atomic_int main_began; /* what libraries set up before is theirs: nothing has begun when it fails */
static atomic_long fails_at;
static long clock_shift;

static long number_of(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : strtol(text, NULL, 0);
}

__attribute__((constructor)) static void begin(void) {
  clock_shift = number_of("STRATA_SHIM_CLOCK");
  fails_at = number_of("STRATA_SHIM_FAIL_ALLOCATION");
  getpwuid(getuid()); /* glibc 2.36 crashes where it finds no memory to set its name services up */
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("STRATA_SHIM_COUNT");
  FILE *file = path == NULL ? NULL : fopen(path, "w");
  if (file == NULL) return;
  fprintf(file, "%ld\n", (long)allocations);
  fclose(file);
}

static int takes_memory_for_granted(void *caller) {
  Dl_info library;
  return dladdr(caller, &library) != 0 && strstr(library.dli_fname, "libpg_query") != NULL;
}

static int fails_now(void *caller) {
  if (!main_began) return 0;
  if (atomic_fetch_add(&allocations, 1) + 1 != fails_at) return 0;
  if (takes_memory_for_granted(caller)) {
    ++fails_at;
    return 0;
  }
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return fails_now(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) {
  return fails_now(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}
void *realloc(void *held, size_t size) {
  return fails_now(__builtin_return_address(0)) ? NULL : __libc_realloc(held, size);
}

/* The first thing that strata's main() does is to install its signal handlers, which need this. */
int eventfd(unsigned count, int flags) {
  static int (*real)(unsigned, int);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "eventfd");
  main_began = 1;
  return real(count, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += clock_shift;
  return result;
}

int statfs(const char *path, struct statfs *status) {
  static int (*real)(const char *, struct statfs *);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "statfs");
  const int result = real(path, status);
  const long type = number_of("STRATA_SHIM_FILE_SYSTEM");
  if (result == 0 && type != 0) status->f_type = type;
  return result;
}
