// The images that the Dockerfile makes, and containers of them.
#pragma once

#include "tests/support/process.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace strata::test {

inline const std::string base_image = "localhost/debian:bookworm-slim";
inline const std::string strata_image = "localhost/strata:test";
inline const std::string casebook_image = "localhost/strata-casebook:test";

// Builds both, once for each test process. False, after saying why, where the machine cannot build or run containers.
bool have_images();

// Where tests/container/engine keeps all that it has.
std::string container_store();

// tests/container/engine: podman with a store of the tests' own. In the background, and to its end.
std::unique_ptr<Process> start_engine(std::vector<std::string> arguments);
ProcessResult engine(std::vector<std::string> arguments);

// Builds an image from the Dockerfile in `folder`.
ProcessResult build_image(const std::filesystem::path& folder, const std::string& tag,
                          std::vector<std::string> options = {});

// How the tests start a container: read-only, no rights, no network; the server is a socket in /run/postgresql.
std::vector<std::string> hardened(const std::filesystem::path& socket, const std::string& url);

}  // namespace strata::test
