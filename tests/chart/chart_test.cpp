// The Helm chart: what it renders under helm 3 and helm 4, and what it refuses.
#include "tests/support/helm.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <regex>
#include <set>

using namespace strata::test;
namespace fs = std::filesystem;

namespace {

using Arguments = std::vector<std::string>;

const std::string chart = STRATA_SOURCE_DIR "/helm/strata";
const std::string values = STRATA_SOURCE_DIR "/tests/chart/values/";

// The helms that are here; says which are not.
const std::vector<std::string>& helms() {
  static const auto found = [] {
    std::vector<std::string> here;
    for (const std::string version : {"3", "4"}) {
      const auto program = helm_folder() / ("helm" + version);
      if (fs::exists(program))
        here.push_back(program);
      else
        std::cerr << "SKIPPED: the chart under helm " << version << " (scripts/helm fetches it)\n";
    }
    if (here.empty()) std::cerr << "SKIPPED, all about the chart: there is no helm\n";
    return here;
  }();
  return found;
}

ProcessResult helm(const std::string& program, Arguments arguments) {
  static const TempDir home;  // nothing of the user's own settings
  const auto folder = home.path().string();
  arguments.insert(arguments.begin(), program);
  return run(std::move(arguments),
             {.env = {{"HELM_CONFIG_HOME", folder}, {"HELM_CACHE_HOME", folder}, {"HELM_DATA_HOME", folder}}});
}

// What `settings`, and an image, render to: the same under each helm.
std::string rendered(const Arguments& settings, const std::string& of = chart) {
  std::string text;
  for (const auto& program : helms()) {
    Arguments arguments{"template", "r", of, "--namespace", "shop"};
    if (of == chart) arguments.insert(arguments.end(), {"--values", values + "image.yaml"});
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const auto result = helm(program, arguments);
    INFO(program << "\n" << result.err);
    REQUIRE(result.exit_code == 0);
    if (!text.empty()) CHECK(text == result.out);
    text = result.out;
  }
  return text;
}

// Why `settings`, with an image, are refused; "" where one helm takes them.
std::string refusal(const Arguments& settings) {
  std::string why;
  for (const auto& program : helms()) {
    Arguments arguments{"template", "r", chart};
    if (settings.back().substr(0, 5) != "image") arguments.insert(arguments.end(), {"--values", values + "image.yaml"});
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const auto result = helm(program, arguments);
    if (result.exit_code == 0) return "";
    why += result.err;
  }
  return why;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string job_name(const std::string& manifests) {
  std::smatch found;
  const std::regex job("kind: Job\nmetadata:\n  name: \"([^\n]+)\"\n");
  REQUIRE(std::regex_search(manifests, found, job));
  return found[1];
}

std::vector<std::string> documents(const std::string& manifests) {
  std::vector<std::string> found;
  for (std::size_t at = manifests.find("---\n"); at != std::string::npos;) {
    const auto next = manifests.find("---\n", at + 4);
    found.push_back(manifests.substr(at, next == std::string::npos ? next : next - at));
    at = next;
  }
  return found;
}

Arguments with_file(const std::string& name, Arguments more = {}) {
  more.insert(more.begin(), {"--values", values + name});
  return more;
}

// The variables of one container, as NAME=VALUE or NAME=SECRET, in their order.
std::vector<std::string> variables(const std::string& manifest) {
  std::vector<std::string> found;
  const std::regex variable("- name: \"?([A-Z_]+)\"?\n +value(?:From: .*name: |: )\"?([^\n\",]*)");
  for (std::sregex_iterator at(manifest.begin(), manifest.end(), variable), end; at != end; ++at)
    found.push_back((*at)[1].str() + "=" + (*at)[2].str());
  return found;
}

// An application in `dir` whose pods are those of tests/chart/app.
std::string app_in(const TempDir& dir) {
  const auto app = dir.path() / "app";
  fs::copy(STRATA_SOURCE_DIR "/tests/chart/app", app, fs::copy_options::recursive);
  fs::create_directories(app / "charts");
  fs::copy(chart, app / "charts" / "strata", fs::copy_options::recursive);
  return app;
}

const std::vector<Arguments> renders{
    {},
    {"--set=mode=job"},
    {"--set=mode=init"},
    {"--set=argocd.phase=Sync,argocd.wave=-1,networkPolicy.enabled=true"},
    {"--set=serviceAccount.create=false"},
    {"--set=mode=job,fleet.secretName=tenants,fleet.shards=4"},
    with_file("url.yaml"),
    with_file("full.yaml"),
    with_file("numbers.yaml"),
    with_file("env-from.yaml"),
    with_file("hmcts.yaml"),
    with_file("hmcts.yaml", {"--set=mode=job"}),
};

}  // namespace

TEST_CASE("chart: it lints, and renders alike under helm 3 and 4", "[chart]") {
  for (const auto& settings : renders) {
    for (const auto& program : helms()) {
      Arguments arguments{"lint", "--strict", chart, "--values", values + "image.yaml"};
      arguments.insert(arguments.end(), settings.begin(), settings.end());
      const auto result = helm(program, arguments);
      INFO(result.out << result.err);
      CHECK(result.exit_code == 0);
    }
    if (!helms().empty())
      CHECK(contains(rendered(settings), "kind: Job") == (settings != Arguments{"--set=mode=init"}));
  }
}

TEST_CASE("chart: what it renders holds before Kubernetes' own definitions and the restricted standard", "[chart]") {
  const char* validator = std::getenv("STRATA_K8S_VALIDATE");
  if (validator == nullptr) {
    std::cerr << "SKIPPED: manifests against Kubernetes' definitions (STRATA_K8S_VALIDATE names no validator)\n";
    return;
  }
  if (helms().empty()) return;
  const TempDir dir;
  for (const auto& settings : renders) {
    const auto manifests = dir.write("manifests.yaml", rendered(settings));
    Arguments arguments{validator, "--pss", "restricted", "--refs"};
    // What stands outside of the chart: the application's secrets, its claim, the account of the namespace.
    for (const std::string object :
         {"Secret/postgres", "Secret/postgres-r", "Secret/more", "Secret/registry", "Secret/tenants", "ConfigMap/ca",
          "PersistentVolumeClaim/ledger", "ServiceAccount/shop", "ServiceAccount/default"})
      arguments.insert(arguments.end(), {"--allow-external", object});
    arguments.push_back(manifests);
    const auto result = run(arguments);
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
  }
}

TEST_CASE("chart: as a hook, all that the Job needs is a hook that comes before it", "[chart]") {
  if (helms().empty()) return;
  const auto manifests =
      rendered(with_file("hmcts.yaml", {"--set=networkPolicy.enabled=true,customServiceAccountName=r-strata"}));
  const std::regex weight("helm.sh/hook-weight: \"(-?[0-9]+)\"");
  int others = 0;
  for (const auto& document : documents(manifests)) {
    INFO(document);
    CHECK(contains(document, "helm.sh/hook: pre-install,pre-upgrade\n"));
    CHECK(contains(document, "helm.sh/hook-delete-policy: before-hook-creation\n"));
    std::smatch found;
    REQUIRE(std::regex_search(document, found, weight));
    if (contains(document, "kind: Job\n")) {
      CHECK(found[1] == "0");
    } else {
      CHECK(std::stoi(found[1]) < 0);
      ++others;
    }
  }
  CHECK(others == 4);                                      // account, network policy, two vaults
  CHECK_FALSE(contains(manifests, "argocd.argoproj.io"));  // it would make Argo CD pass over all Helm hooks
}

TEST_CASE("chart: a plain Job is another one when its image or a setting changes, and only then", "[chart]") {
  if (helms().empty()) return;
  const auto name = job_name(rendered({"--set=mode=job"}));
  CHECK(name == job_name(rendered({"--set=mode=job", "--is-upgrade"})));
  CHECK(name == job_name(rendered({"--set=mode=job,networkPolicy.enabled=true"})));
  std::set<std::string> names{name};
  for (const std::string change : {"image=registry.example/casebook:2", "args={deploy,--atomic}", "environment.A=1",
                                   "activeDeadlineSeconds=9", "database.urlSecret.name=other"})
    CHECK(names.insert(job_name(rendered({"--set=mode=job", "--set=" + change}))).second);
  CHECK(name.size() <= 63);
}

TEST_CASE("chart: a name that is too long or cannot be one is made one, and stays another than its neighbour's",
          "[chart]") {
  if (helms().empty()) return;
  const auto named = [](const std::string& name) {
    return job_name(rendered({"--set=mode=job", "--set-string=releaseNameOverride=" + name}));
  };
  const std::regex fitting("[a-z0-9]([a-z0-9-]{0,57}[a-z0-9])?");  // "-999" of an Indexed Job's pod fits as well
  std::set<std::string> names;
  const std::string start(52, 'x');
  for (const std::string& name :
       {start, start + "-one", start + "-two", start + "-two-", std::string(47, 'x') + "-y", std::string("My_App"),
        std::string("my-app"), std::string("my.app"), std::string("-"), std::string("__"), std::string("123")}) {
    const auto job = named(name);
    INFO(name << ": " << job);
    CHECK(std::regex_match(job, fitting));
    CHECK(names.insert(job.substr(0, job.rfind('-'))).second);
  }
  CHECK(names.count("my-app"));
  CHECK(named("My-App") == named("my-app"));
}

TEST_CASE("chart: a name of digits stays text", "[chart]") {
  if (helms().empty()) return;
  const auto manifests = rendered(
      with_file("hmcts.yaml", {"--set-string=releaseNameOverride=123,aadIdentityName=9,global.environment=7",
                               "--set=networkPolicy.enabled=true,useWorkloadIdentity=false", "--namespace=1234"}));
  const std::regex bare("(name|namespace|instance|serviceAccountName|aadpodidbinding|keyvaultName|objectName): [0-9]");
  CHECK_FALSE(std::regex_search(manifests, bare));
  CHECK(contains(manifests, "  name: \"123\"\n  namespace: \"1234\"\n"));
  CHECK(contains(manifests, "serviceAccountName: \"1234\"\n"));
}

TEST_CASE("chart: a variable stands once: extraEnv's, else environment's, else that of secrets, else its own",
          "[chart]") {
  if (helms().empty()) return;
  const auto of = [](const std::string& settings) {
    return variables(rendered({"--set=image=i,database.urlSecret.name=own", "--set=" + settings}));
  };
  using Variables = std::vector<std::string>;
  const std::string ledger = "STRATA_LEDGER=/ledger/ledger.db";
  CHECK(of("environment.STRATA_LEDGER=none") == Variables{"DATABASE_URL=own", "STRATA_IMAGE=i", "STRATA_LEDGER=none"});
  const std::string secret = "secrets.DATABASE_URL.secretRef=theirs,secrets.DATABASE_URL.key=k";
  CHECK(of(secret) == Variables{"DATABASE_URL=theirs", "STRATA_IMAGE=i", ledger});
  CHECK(of(secret + ",environment.DATABASE_URL=local:") == Variables{"DATABASE_URL=local:", "STRATA_IMAGE=i", ledger});
  CHECK(of(secret + ",environment.DATABASE_URL=local:,extraEnv[0].name=Z,extraEnv[0].value=z,"
                    "extraEnv[1].name=DATABASE_URL,extraEnv[1].value=env:Z,extraEnv[2].name=A,extraEnv[2].value=a") ==
        Variables{"STRATA_IMAGE=i", ledger, "Z=z", "DATABASE_URL=env:Z", "A=a"});
  CHECK(of("extraEnv[0].name=A,extraEnv[0].value=a,extraEnv[1].name=A,extraEnv[1].value=b") ==
        Variables{"DATABASE_URL=own", "STRATA_IMAGE=i", ledger, "A=b"});
  // Kubernetes replaces $(NAME) by what stands before.
  const auto referred = rendered(with_file("env-from.yaml"));
  CHECK(referred.find("name: PW\n") < referred.find("$(PW)"));
  CHECK(of("environment.ALL=$(PASSWORD),secrets.PASSWORD.secretRef=s,secrets.PASSWORD.key=k") ==
        Variables{"DATABASE_URL=own", "PASSWORD=s", "ALL=$(PASSWORD)", "STRATA_IMAGE=i", ledger});
}

TEST_CASE("chart: a number of a values file stays the number that was written", "[chart]") {
  if (helms().empty()) return;
  const auto manifests = rendered(with_file("numbers.yaml"));
  for (const std::string part :
       {"- name: \"ORG_ID\"\n              value: \"12345678\"\n", "value: \"0.5\"\n", "value: \"true\"\n",
        "value: \"007\"\n", "backoffLimit: 1000001\n", "activeDeadlineSeconds: 1234567\n",
        "ttlSecondsAfterFinished: 2592000\n", "terminationGracePeriodSeconds: 1000002\n",
        "helm.sh/hook-weight: \"1000003\"\n", "argocd.argoproj.io/sync-wave: \"-1000004\"\n", "completions: 1000\n",
        "parallelism: 1000\n", "- /1000\n", "{port: 65535, protocol: TCP}", "sizeLimit: \"268435456\"",
        "memory: 536870912\n"}) {
    INFO(part);
    CHECK(contains(manifests, part));
  }
  CHECK_FALSE(contains(manifests, "e+0"));
  CHECK_FALSE(std::regex_search(manifests, std::regex("- name: (true|false|y|N|on|off)\n")));
}

TEST_CASE("chart: a vault keeps its name, and what is called after it is valid", "[chart]") {
  if (helms().empty()) return;
  const auto manifests = rendered({"--set=keyVaults.MyVault.secrets={A}"});
  for (const std::string part :
       {"name: \"r-strata-myvault\"\n", "secretProviderClass: \"r-strata-myvault\"\n", "- name: \"vault-myvault\"\n",
        "- mountPath: /mnt/secrets/MyVault\n              name: vault-myvault\n", "keyvaultName: \"MyVault\"\n"}) {
    INFO(part);
    CHECK(contains(manifests, part));
  }
}

TEST_CASE("chart: a label of podLabels stands once, and what a network policy selects by is the chart's", "[chart]") {
  if (helms().empty()) return;
  const auto manifests =
      rendered(with_file("hmcts.yaml", {"--set=podLabels.app\\.kubernetes\\.io/name=other,podLabels.team=a",
                                        "--set-string=podLabels.azure\\.workload\\.identity/use=false"}));
  CHECK(contains(manifests,
                 "    metadata:\n      labels:\n        app.kubernetes.io/instance: r-strata\n"
                 "        app.kubernetes.io/name: strata\n        azure.workload.identity/use: \"false\"\n"
                 "        team: a\n"));
}

TEST_CASE("chart: a failure that another try would repeat fails the Job at once, where the cluster can", "[chart]") {
  if (helms().empty()) return;
  const std::string rule = "onExitCodes: {containerName: strata, operator: In, values: [1, 2, 3, 64, 65, 70, 77, 78]}";
  CHECK(contains(rendered({"--kube-version=1.26.0"}), rule));
  CHECK(contains(rendered({"--kube-version=v1.31.2-gke.100"}), rule));
  CHECK_FALSE(contains(rendered({"--kube-version=1.25.9"}), "podFailurePolicy"));
  CHECK_FALSE(contains(rendered({"--set=restartPolicy=OnFailure"}), "podFailurePolicy"));
  CHECK(contains(rendered({"--set=backoffLimit=0"}), "backoffLimit: 0\n"));
}

TEST_CASE("chart: a plain Job has no ttl, since who keeps it there would make it again; a hook has", "[chart]") {
  if (helms().empty()) return;
  CHECK(contains(rendered({}), "ttlSecondsAfterFinished: 86400\n"));
  CHECK_FALSE(contains(rendered({"--set=mode=job"}), "ttlSecondsAfterFinished"));
  CHECK(contains(rendered({"--set=mode=job,ttlSecondsAfterFinished=600"}), "ttlSecondsAfterFinished: 600\n"));
}

TEST_CASE("chart: the values of hmcts' chart job work as they are", "[chart]") {
  if (helms().empty()) return;
  const auto manifests = rendered(with_file("hmcts.yaml"));
  for (const std::string part :
       {"image: \"registry.example/team/casebook:1.4.0\"", "backoffLimit: 0\n", "activeDeadlineSeconds: 1800\n",
        "serviceAccountName: \"shop\"\n", "azure.workload.identity/use: \"true\"", "mountPath: /mnt/secrets/casebook",
        "name: \"STRATA_SECRETS_DIR\"\n              value: \"/mnt/secrets\"\n", "keyvaultName: \"casebook-aat\"\n",
        "keyvaultName: \"shared\"\n", "objectName: \"postgres-url\"\n          objectAlias: \"DATABASE_URL\"\n",
        "objectName: \"token-aat\"\n", "name: \"POSTGRES_DATABASE\"\n              value: \"r\"\n",
        "{secretKeyRef: {name: \"postgres-r\", key: \"HOST\"}}", "memory: 512Mi\n", "cpu: 50m\n",
        "options:\n        - name: ndots\n          value: \"3\"\n"}) {
    INFO(part);
    CHECK(contains(manifests, part));
  }
  CHECK_FALSE(contains(manifests, "unused"));
  CHECK_FALSE(contains(manifests, "name: OLD"));
  for (const std::string off : {"--set=disableKeyVaults=true", "--set=global.enableKeyVaults=false"})
    CHECK_FALSE(contains(rendered(with_file("hmcts.yaml", {off})), "/mnt/secrets"));
  CHECK_FALSE(contains(rendered(with_file("hmcts.yaml", {"--set=keyVaults.casebook.secretProviderClass=made"})),
                       "name: \"r-strata-casebook\"\n"));
}

TEST_CASE("chart: another chart's pods run the migrations themselves, or wait for them", "[chart]") {
  if (helms().empty()) return;
  const TempDir dir;
  const auto app = app_in(dir);
  const auto manifests = rendered({}, app);
  CHECK(documents(manifests).size() == 2);
  CHECK(contains(manifests, "args:\n        - deploy\n"));
  CHECK(contains(
      manifests,
      "args:\n        - wait\n        - --timeout\n        - 10min\n        - --module\n        - cases>=1.4\n"));
  CHECK_FALSE(contains(manifests, "reader"));

  // What docs/kubernetes.md deploys.
  const auto shop = dir.path() / "shop";
  fs::copy(STRATA_SOURCE_DIR "/docs/kubernetes/shop", shop, fs::copy_options::recursive);
  fs::create_directories(shop / "charts");
  fs::copy(chart, shop / "charts" / "strata", fs::copy_options::recursive);
  const auto example = rendered({}, shop);
  CHECK(contains(example, "- --module\n            - shop>=1.0\n"));
  CHECK(job_name(example) == "r-migrations");

  const auto reading =
      rendered({"--set=strata.wait.urlSecret.name=reader,strata.database.partsSecret.name=parts"}, app);
  const auto waiting = documents(reading).at(1);
  INFO(waiting);
  CHECK(contains(waiting, "{secretKeyRef: {name: \"reader\", key: \"DATABASE_URL\"}}"));
  CHECK_FALSE(contains(waiting, "\"postgres\""));
  CHECK_FALSE(contains(waiting, "POSTGRES_HOST"));
  CHECK_FALSE(contains(documents(reading).at(0), "\"reader\""));
  if (const char* validator = std::getenv("STRATA_K8S_VALIDATE")) {
    for (const auto& pods : {manifests, example, reading}) {
      const auto result =
          run({validator, "--pss", "restricted", "--refs", "--allow-external", "Secret/postgres", "--allow-external",
               "Secret/reader", "--allow-external", "Secret/parts", dir.write("manifests.yaml", pods)});
      INFO(result.out << result.err);
      CHECK(contains(result.out + result.err, "0 errors"));
    }
  }
}

TEST_CASE("chart: a wait container needs no ledger, fleet or command, and with wait.urlSecret asks that database alone",
          "[chart]") {
  if (helms().empty()) return;
  const TempDir dir;
  const auto app = app_in(dir);
  const auto waiting = [&](const std::string& setting) {
    const auto manifests = rendered({"--values", values + "all-databases.yaml", "--set", setting}, app);
    auto document = documents(manifests).at(1);
    return document.substr(document.find("initContainers:"));
  };
  const auto either = waiting("strata.mode=init");
  const auto alone = waiting("strata.wait.urlSecret.name=reader");
  for (const auto& container : {either, alone}) {
    INFO(container);
    CHECK(contains(container, "name: strata-wait\n"));
    CHECK_FALSE(contains(container, "command:"));
    CHECK_FALSE(contains(container, "/ledger"));
    CHECK_FALSE(contains(container, "fleet"));
    CHECK(contains(container, "name: \"STRATA_LEDGER\"\n          value: \"none\"\n"));
    CHECK(contains(container, "mountPath: /etc/ca"));
  }
  CHECK(contains(either, "mountPath: /mnt/secrets/casebook"));
  INFO(alone);
  CHECK(variables(alone) == std::vector<std::string>{"DATABASE_URL=reader", "PGSSLMODE=require",
                                                     "STRATA_IMAGE=registry.example/team/casebook:1.4.0",
                                                     "STRATA_LEDGER=none", "NO_COLOR=1"});
  CHECK_FALSE(contains(alone, "owner"));
  CHECK_FALSE(contains(alone, "/mnt/secrets"));
  CHECK_FALSE(contains(alone, "envFrom"));

  const auto bare = documents(rendered({}, app)).at(1);
  CHECK_FALSE(contains(bare, "volume"));
}

TEST_CASE("chart: a fleet is an Indexed Job where it has shards, and one pod where it has not", "[chart]") {
  if (helms().empty()) return;
  const auto one = rendered({"--set=fleet.secretName=tenants"});
  CHECK(contains(one, "args:\n            - deploy\n            - --fleet\n            - /fleet/targets.toml\n"));
  CHECK(contains(one, "secret: {secretName: \"tenants\"}"));
  CHECK_FALSE(contains(one, "completionMode"));
  const auto four = rendered({"--set=fleet.secretName=tenants,fleet.shards=4,args={deploy,--canary=2}"});
  CHECK(contains(four, "\n  completionMode: Indexed\n  completions: 4\n  parallelism: 4\n"));
  CHECK(contains(four,
                 "- --canary=2\n            - --fleet\n            - /fleet/targets.toml\n            "
                 "- --shard\n            - /4\n"));
  CHECK_FALSE(contains(rendered({}), "fleet"));
  // An init container has no index.
  const TempDir dir;
  const auto app = app_in(dir);
  const auto init = rendered({"--set=strata.fleet.secretName=tenants,strata.fleet.shards=4"}, app);
  CHECK(contains(init, "- /fleet/targets.toml\n"));
  CHECK_FALSE(contains(init, "--shard"));
}

TEST_CASE("chart: a deploy in a Job gives up a lock before the Job's deadline takes its log away", "[chart]") {
  if (helms().empty()) return;
  CHECK(contains(rendered({}), "args:\n            - deploy\n            - --lock-wait\n            - 1min\n"));
  for (const std::string own : {"lockWait=", "args={plan,--exit-code}", "args={deploy,--lock-wait=5s}"}) {
    INFO(own);
    CHECK_FALSE(contains(rendered({"--set", own}), "1min"));
  }
  // All tries and the pauses between them, 10 s and 20 s, end before.
  CHECK(contains(rendered({}), "backoffLimit: 2\n"));
  CHECK(contains(rendered({}), "activeDeadlineSeconds: 240\n"));
}

TEST_CASE("chart: it stands twice in one release, under two aliases, and twice in one pod", "[chart]") {
  if (helms().empty()) return;
  const TempDir dir;
  const auto app = dir.path() / "app";
  fs::create_directories(app / "charts");
  fs::create_directories(app / "templates");
  fs::copy(chart, app / "charts" / "strata", fs::copy_options::recursive);
  dir.write("app/Chart.yaml",
            "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n"
            "  - {name: strata, version: \"*\", alias: orders}\n  - {name: strata, version: \"*\", alias: billing}\n"
            "  - {name: strata, version: \"*\", alias: idle, condition: idle.enabled}\n");
  dir.write(
      "app/values.yaml",
      "orders: {image: o:1, networkPolicy: {enabled: true}}\nbilling: {image: b:1, networkPolicy: {enabled: true}}\n"
      "idle: {enabled: false}\n");
  dir.write("app/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n"
            "{{- range list .Subcharts.orders .Subcharts.billing }}\n"
            "    {{- include \"strata.waitContainer\" . | nindent 4 }}\n"
            "    {{- include \"strata.initContainer\" . | nindent 4 }}\n{{- end }}\n  volumes:\n"
            "{{- range list .Subcharts.orders .Subcharts.billing }}\n"
            "    {{- include \"strata.volumes\" . | nindent 4 }}\n{{- end }}\n"
            "  containers: [{name: app, image: \"app:1\"}]\n");
  const auto manifests = rendered({}, app);
  INFO(manifests);
  std::set<std::string> objects;
  const std::regex object("kind: ([A-Za-z]+)\nmetadata:\n  name: ([^\n]+)\n");
  int found = 0;
  for (std::sregex_iterator at(manifests.begin(), manifests.end(), object), end; at != end; ++at, ++found)
    objects.insert((*at)[1].str() + "/" + (*at)[2].str());
  CHECK(found == 6);  // twice a Job, its account, its policy
  CHECK(objects.size() == 6);
  for (const std::string part : {"- name: orders\n", "- name: billing-wait\n", "- name: orders-ledger\n"}) {
    INFO(part);
    CHECK(contains(manifests, part));
  }
}

TEST_CASE("chart: a limit is never below its request", "[chart]") {
  if (helms().empty()) return;
  const auto resources = [](const std::string& settings) {
    const auto manifests = rendered({"--set=" + settings});
    const auto at = manifests.find("resources:\n") + 11;
    auto text = manifests.substr(at, manifests.find("terminationMessagePolicy") - at);
    return std::regex_replace(text, std::regex("\\s+"), " ");
  };
  CHECK(resources("memoryRequests=512Mi") == " limits: memory: 512Mi requests: cpu: 25m memory: 512Mi ");
  CHECK(resources("memoryRequests=0.5Gi,memoryLimits=1G") == " limits: memory: 1G requests: cpu: 25m memory: 0.5Gi ");
  CHECK(resources("cpuLimits=2,cpuRequests=1500m") ==
        " limits: cpu: 2 memory: 256Mi requests: cpu: 1500m memory: 64Mi ");
  CHECK(resources("cpuLimits=100m,cpuRequests=1") == " limits: cpu: 1 memory: 256Mi requests: cpu: 1 memory: 64Mi ");
}

TEST_CASE("chart: values that cannot be meant are refused, by name", "[chart]") {
  if (helms().empty()) return;
  for (const auto& [setting, named] : std::vector<std::pair<std::string, std::string>>{
           {"mode=cron", "mode"},
           {"bakoffLimit=3", "bakoffLimit"},
           {"backoffLimit=many", "backoffLimit"},
           {"backoffLimit=-1", "backoffLimit"},
           {"restartPolicy=Always", "restartPolicy"},
           {"ttlSecondsAfterFinished=1", "ttlSecondsAfterFinished"},
           {"terminationGracePeriodSeconds=0", "terminationGracePeriodSeconds"},
           {"kind=CronJob", "kind"},
           {"image=", "image"},
           {"image.repository=casebook", "image"},
           {"argocd.phase=PostSink", "phase"},
           {"args=deploy", "args"},
           {"wait.timeout=soon", "timeout"},
           {"environment.a-b=1", "environment"},
           {"secrets.A.secretRef=x", "key"},
           {"keyVaults.a.secret=x", "secret"},
           {"keyVaults.a_b.secrets={x}", "a_b"},
           {"keyVaults.abcdefghijklmnopqrstuvwxy.secrets={x}", "keyVaults"},
           {"database.urlSecret.nam=x", "nam"},
           {"resources.limits.memory=lots", "memory"},
           {"networkPolicy.ports={0}", "ports"},
           {"fleet.shards=0", "shards"},
           {"podLabels.a=1", "podLabels"},
           {"image=:1", "image"},
           {"args={},fleet.secretName=f", "args"},
           {"extraEnv[0].name=A,extraEnv[0].value=1", "value"},
           {"resources.limits.memroy=1Gi", "memroy"},
           {"resources.limits.memory=1.2.3", "memory"},
           {"fleet.shards=4", "fleet.secretName"},
           {"mode=job,argocd.phase=Sync", "argocd.phase"},
           {"keyVaults.v.secrets={A},serviceAccount.annotations.a=b", "the account"},
           // null, which takes a default away, would be a 0, or a rule without its ports.
           {"activeDeadlineSeconds=null", "activeDeadlineSeconds"},
           {"terminationGracePeriodSeconds=null", "terminationGracePeriodSeconds"},
           {"backoffLimit=null", "backoffLimit"},
           {"networkPolicy.ports=null", "ports"},
           {"ledger.sizeLimit=null", "sizeLimit"},
           {"fleet.key=null", "key"},
           {"securityContext=null", "securityContext"},
           {"database=null", "database"},
           {"wait.timeout=null", "timeout"}}) {
    const auto why = refusal({"--set", setting});
    INFO(setting << "\n" << why);
    CHECK(contains(why, named));
  }
}

TEST_CASE("chart: it is for the version that the sources are", "[chart]") {
  std::smatch version;
  const auto cmake = bytes_of(STRATA_SOURCE_DIR "/CMakeLists.txt");
  REQUIRE(std::regex_search(cmake, version, std::regex("project\\(strata VERSION ([0-9.]+)")));
  CHECK(contains(bytes_of(chart + "/Chart.yaml"), "appVersion: " + version[1].str() + "\n"));
}

TEST_CASE("chart: its README has a line for each value", "[chart]") {
  const auto readme = bytes_of(chart + "/README.md");
  const auto text = bytes_of(chart + "/values.yaml");
  const std::regex key("(?:^|\n)([A-Za-z]+):");
  int keys = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), key), end; at != end; ++at, ++keys) {
    INFO((*at)[1]);
    CHECK(contains(readme, "`" + (*at)[1].str()));
  }
  CHECK(keys > 30);
}
