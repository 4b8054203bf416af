/* A plugin that does harm as soon as any of its code runs: when it is loaded, when it is asked for anything, when it is
 * unloaded. Its table says something else than its section. */
#include <strata/plugin.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__asm__(".section " STRATA_BUNDLE_SECTION ",\"a\",%progbits\n"
        ".balign 16\nstrata_bundle:\n"
        ".incbin \"" HOSTILE_BUNDLE "\"\n.previous\n");

static void do_harm(void) {
  const char *mark = getenv("STRATA_HOSTILE_MARK");
  if (mark != NULL) close(open(mark, O_CREAT | O_WRONLY, 0600));
  abort();
}

__attribute__((constructor)) static void on_load(void) { do_harm(); }
__attribute__((destructor)) static void on_unload(void) { do_harm(); }

static const void *capability(const char *id) {
  (void)id;
  do_harm();
  return 0;
}

STRATA_EXPORT const strata_plugin strata_plugin_v1 = {
    sizeof(strata_plugin), {"another", 7}, {"9.9.9", 5}, {"{}", 2}, capability};
