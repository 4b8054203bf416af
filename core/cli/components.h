// What strata was built with. The build makes the list, from cmake/components.cmake and what dpkg says.
#pragma once

#include <vector>

namespace strata {

struct Component {
  const char* name;
  const char* kind;  // shared: loaded with strata; static, headers: in it
  const char* package;
  const char* version;  // of Debian's package; "unknown" where strata was built without dpkg
};

extern const std::vector<Component> components;

}  // namespace strata
