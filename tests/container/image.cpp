#include "tests/container/image.h"

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace strata::test {

namespace {

constexpr auto longest_build = std::chrono::minutes(55);  // of strata, from nothing, on a small machine

bool has_program(const std::string& name) {
  return run({"sh", "-c", "command -v " + name}).exit_code == 0;
}

// Why there can be no image here; "" if there can.
std::string obstacle() {
  if (std::getenv("STRATA_TEST_IMAGE") == nullptr && std::getenv("STRATA_TEST_KUBE") == nullptr)
    return "strata is compiled in it, which takes ten minutes: STRATA_TEST_IMAGE=1 asks for that";
  if (geteuid() != 0) return "needs root";
  for (const std::string program : {"podman", "runc", "debootstrap"}) {
    if (!has_program(program)) return "needs " + program + ", which scripts/deps image installs";
  }
  const auto made = engine({"base"});
  if (made.exit_code != 0) return "Debian's slim image cannot be made here: " + made.err;
  const auto started = engine({"run", "--rm", "--network=none", base_image, "true"});
  if (started.exit_code != 0) return "no container can be started here: " + started.err;
  const auto updated =
      engine({"run", "--rm", "--network=host", base_image, "apt-get", "-qq", "update", "--error-on=any"});
  if (updated.exit_code != 0) return "a container does not reach Debian's packages: " + updated.err;
  return "";
}

}  // namespace

bool have_images() {
  static const bool have = [] {
    if (const auto reason = obstacle(); !reason.empty()) {
      std::cerr << "SKIPPED, all about the image: " << reason << "\n";
      return false;
    }
    for (const auto& [target, tag] : {std::pair{"strata", strata_image}, {"casebook", casebook_image}}) {
      const auto built =
          build_image(STRATA_SOURCE_DIR, tag, {"--target", target, "--build-arg=CMAKE_BUILD_PARALLEL_LEVEL=2"});
      if (built.exit_code != 0) throw std::runtime_error("the image " + tag + ": " + built.out + built.err);
    }
    // What earlier sources were built into; the last days' stay, as a cache.
    engine({"image", "prune", "--force", "--filter=until=72h"});
    return true;
  }();
  return have;
}

std::string container_store() {
  const char* given = std::getenv("STRATA_CONTAINERS");
  return given != nullptr ? given : "/var/cache/strata/containers";
}

std::unique_ptr<Process> start_engine(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), STRATA_SOURCE_DIR "/tests/container/engine");
  ProcessOptions options{.env = {{"STRATA_CONTAINERS", container_store()}}, .timeout = longest_build};
  return std::make_unique<Process>(std::move(arguments), std::move(options));
}

ProcessResult engine(std::vector<std::string> arguments) {
  return start_engine(std::move(arguments))->wait();
}

ProcessResult build_image(const std::filesystem::path& folder, const std::string& tag,
                          std::vector<std::string> options) {
  std::vector<std::string> arguments{"build",
                                     "--isolation=oci",
                                     "--network=host",
                                     "--pull-never",
                                     "--layers",
                                     "--format=docker",
                                     "--build-arg=DEBIAN=" + base_image,
                                     "--tag=" + tag};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(folder);
  return engine(std::move(arguments));
}

std::vector<std::string> hardened(const std::filesystem::path& socket, const std::string& url) {
  return {"run",
          "--rm",
          "--pull=never",
          "--read-only",
          "--read-only-tmpfs=false",
          "--cap-drop=all",
          "--security-opt=no-new-privileges",
          "--network=none",
          "--volume=" + socket.string() + ":/run/postgresql/" + socket.filename().string(),
          "--env=DATABASE_URL=" + url};
}

}  // namespace strata::test
