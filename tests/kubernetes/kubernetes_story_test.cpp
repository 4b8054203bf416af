// docs/kubernetes.md, word for word, on a real cluster of one node.
#include "tests/container/image.h"
#include "tests/support/console.h"
#include "tests/support/database.h"
#include "tests/support/helm.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

const fs::path sources = STRATA_SOURCE_DIR;

// A cluster, as STRATA_TEST_KUBE brings it up and takes it down: `kube up`, `kube env` (which prints KUBECONFIG and the
// node's address as a shell takes them), `kube load IMAGE` (out of the tests' own store), `kube down`.
class Cluster {
 public:
  explicit Cluster(std::string program) : program_(std::move(program)) {
    const auto up = kube("up");
    if (up.exit_code != 0) throw std::runtime_error("no cluster: " + up.out + up.err);
    const auto told = kube("env").out;
    std::smatch found;
    if (!std::regex_search(told, found, std::regex("KUBECONFIG=([^ \n]+) KUBE_HOST_IP=([^ \n]+)")))
      throw std::runtime_error("kube env: " + told);
    config = found[1];
    address = found[2];
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() { kube("down"); }

  std::map<std::string, std::string> environment() const {
    return {{"STRATA_TEST_KUBE", program_},
            {"STRATA_CTR_HOME", container_store()},
            {"STRATA_CONTAINERS", container_store()}};
  }

  std::string config;
  std::string address;  // of this machine, as pods see it

 private:
  ProcessResult kube(const std::string& what) const {
    return run({program_, what}, {.env = environment(), .timeout = std::chrono::minutes(60)});
  }

  std::string program_;
};

// On the cluster's network as well, for a role of its own.
struct Outside {
  explicit Outside(const Cluster& cluster)
      : server({.settings = {"-c", "listen_addresses=" + cluster.address}, .port = free_port()}) {
    std::ofstream(server.data_folder() / "pg_hba.conf", std::ios::app)
        << "host all all " << cluster.address << "/24 trust\n";
    const auto database = server.create_database();
    ask(database, "SELECT pg_reload_conf()");
    ask(database, "CREATE ROLE shop LOGIN; ALTER DATABASE " + name_in(database) + " OWNER TO shop");
    url = "postgresql://shop@" + cluster.address + ":" + std::to_string(server.port()) + "/" + name_in(database);
  }

  PostgresServer server;
  std::string url;
};

// Why it cannot be run here; "" if it can.
std::string obstacle() {
  if (std::getenv("STRATA_TEST_KUBE") == nullptr)
    return "STRATA_TEST_KUBE names no program that brings up a cluster (up, env, load, down)";
  if (!fs::exists(helm_folder() / "helm4")) return "needs helm 4, which scripts/helm fetches";
  return "";
}

}  // namespace

TEST_CASE("docs/kubernetes.md: every command of the story prints what the page shows", "[kubernetes]") {
  if (const auto reason = obstacle(); !reason.empty()) {
    std::cerr << "SKIPPED, all about Kubernetes: " << reason << "\n";
    return;
  }
  if (!PostgresServer::is_available() || !have_images()) return;
  engine({"tag", strata_image, "localhost/strata:latest"});
  engine({"tag", base_image, "localhost/debian:bookworm-slim"});
  const Cluster cluster(std::getenv("STRATA_TEST_KUBE"));
  const Outside outside(cluster);
  const auto commands = console_commands(bytes_of(sources / "docs" / "kubernetes.md"));
  REQUIRE(commands.size() > 20);

  const TempDir dir;
  fs::create_directories(dir.path() / "story");
  fs::create_directories(dir.path() / "bin");
  fs::create_symlink(STRATA_PROGRAM, dir.path() / "bin" / "strata");
  fs::create_symlink(helm_folder() / "helm4", dir.path() / "bin" / "helm");
  fs::create_symlink(sources / "tests" / "kubernetes" / "docker", dir.path() / "bin" / "docker");
  for (const std::string part : {"helm", "docs/kubernetes"}) {
    fs::create_directories(dir.path() / "sources" / part);
    fs::copy(sources / part, dir.path() / "sources" / part, fs::copy_options::recursive);
  }
  auto environment = cluster.environment();
  const auto home = dir.path().string();
  environment.insert({{"PATH", home + "/bin:" + std::getenv("PATH")},
                      {"HELM_CONFIG_HOME", home},
                      {"HELM_CACHE_HOME", home},
                      {"HELM_DATA_HOME", home},
                      {"KUBECONFIG", cluster.config},
                      {"DATABASE_URL", outside.url},
                      {"STRATA", home + "/sources"}});
  const auto printed = run_console(
      commands, {.cwd = dir.path() / "story", .env = std::move(environment), .timeout = std::chrono::minutes(20)});
  CHECK(printed.size() == commands.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    INFO("docs/kubernetes.md:" << commands[i].line << ": " << commands[i].command);
    CHECK(unlike(commands[i].expected, printed[i]) == "");
  }
}
