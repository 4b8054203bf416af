/* A plugin as its author built it with the first header and the first SDK: never change it. */
#include "plugin_v1.h"

__asm__(".section " STRATA_BUNDLE_SECTION ",\"a\",%progbits\n"
        ".balign 16\nstrata_bundle:\n"
        ".incbin \"" FROZEN_BUNDLE "\"\nstrata_bundle_end:\n.previous\n");

extern const char strata_bundle[] __attribute__((visibility("hidden")));

STRATA_EXPORT const strata_plugin strata_plugin_v1 = {
    sizeof(strata_plugin), {"greeting", 8}, {"1.0.0", 5}, {strata_bundle, FROZEN_BUNDLE_SIZE}, 0};
