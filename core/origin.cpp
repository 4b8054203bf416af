#include "core/origin.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace strata {

const char* const strata_version = STRATA_VERSION;

namespace {

std::string first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

Origin find_origin() {
  Origin origin;
  const auto* user = getpwuid(getuid());
  origin.os_user = user != nullptr ? user->pw_name : "uid " + std::to_string(getuid());
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  origin.host = host.data();
  nlohmann::json build = nlohmann::json::object();
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) build[key] = value;
  };
  put("commit", first_set({"STRATA_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT"}));
  put("image", first_set({"STRATA_IMAGE"}));
  put("pipeline", first_set({"STRATA_PIPELINE", "GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILD_BUILDID", "BUILD_URL"}));
  origin.build_json = build.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return origin;
}

}  // namespace strata
