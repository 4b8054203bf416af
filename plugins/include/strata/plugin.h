/* The C ABI of a strata plugin: all that a module needs to know of strata. C11, and clean as C++11.
 *
 * A plugin is a shared library that carries a module. The module itself, as data, lies in the library's read-only ELF
 * section ".strata.bundle" (STRATA_BUNDLE_SECTION) and is read from there without running anything; this table says the
 * same to a host that has loaded the library, and hands out code where the module offers any. strata_add_module() of
 * the SDK makes both from a module's folder; nothing here needs to be written by hand.
 *
 * Growth: members are only ever added at the end. A reader asks STRATA_HAS first. A change that is not an addition gets
 * a new symbol, strata_plugin_v2; a library may export both. */
#ifndef STRATA_PLUGIN_H
#define STRATA_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRATA_EXPORT __attribute__((visibility("default")))
#define STRATA_BUNDLE_SECTION ".strata.bundle"

/* UTF-8, no NUL at the end promised. Frozen: this struct never grows. */
typedef struct strata_text {
  const char* data;
  size_t size; /* bytes */
} strata_text;

/* One constant table: looking at it runs no code. */
typedef struct strata_plugin {
  size_t struct_size;  /* first member, always: sizeof(strata_plugin) as the author compiled it */
  strata_text module;  /* the module's id */
  strata_text version; /* its version, semver */
  strata_text bundle;  /* the very bytes of the section */
  /* "strata.step/1" -> its table; NULL: not offered. May itself be NULL: the module offers no code. */
  const void* (*capability)(const char* id);
} strata_plugin;

/* Does `object` (of struct `type`, made by another version perhaps) have `member`? */
#define STRATA_HAS(type, object, member) ((object)->struct_size >= offsetof(type, member) + sizeof((object)->member))

extern STRATA_EXPORT const strata_plugin strata_plugin_v1;

#ifdef __cplusplus
}
#endif

#endif
