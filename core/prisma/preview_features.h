// The names that previewFeatures of a generator may have (observed: prisma 7.8.0).
#pragma once

#include <string>
#include <string_view>

namespace strata::prisma {

// Prisma does not look at the case of a feature's name: how the names are compared and kept.
std::string normal_feature(std::string_view name);

// Whether Prisma knows the feature, be it long since a part of the language or given up.
bool is_preview_feature(std::string_view name);

}  // namespace strata::prisma
