// The way into a server: no room, no answer, a password that changes, a certificate that proves nothing, an environment
// that leads elsewhere.
#include "tests/support/project.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void write_one(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
}

void wait_for_text(const Process& process, const std::string& text) {
  for (int i = 0; i < 2'000 && !contains(process.err(), text); ++i) std::this_thread::sleep_for(milliseconds(5));
  INFO(process.err());
  REQUIRE(contains(process.err(), text));
}

}  // namespace

TEST_CASE("login: a server without a free connection is tried again: in time 0, else 69", "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer server({"-c", "max_connections=3", "-c", "superuser_reserved_connections=0", "-c", "max_wal_senders=0",
                         "-c", "autovacuum=off"});
  Project project(server.create_database());
  write_one(project);
  std::vector<Database> others;
  // The connection that made the database may not have left yet.
  Database first(server.url());
  REQUIRE(first.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"));
  while (others.size() < 2) others.emplace_back(server.url());

  const auto result = project.strata({"deploy", "--connect-timeout", "1500ms"});
  INFO(told(result));
  CHECK(result.exit_code == 69);
  CHECK(contains(result.err, "too many clients already"));
  CHECK(contains(result.err, "trying again"));
  CHECK(result.elapsed > milliseconds(600));

  const auto process = project.start({"deploy"});
  wait_for_text(*process, "trying again");
  others.clear();
  const auto in_time = process->wait();
  INFO(told(in_time));
  CHECK(in_time.exit_code == 0);
}

TEST_CASE("login: a port that nobody listens on and a name that nobody knows are tried again, then 69", "[servers]") {
  const std::string host = GENERATE("127.0.0.1", "no.such.host.invalid");
  Project project("postgresql://somebody@" + host + ":" + std::to_string(free_port()) + "/nowhere");
  write_one(project);
  const auto result = project.strata({"deploy", "--connect-timeout", "1500ms"});
  INFO(told(result));
  CHECK(result.exit_code == 69);
  CHECK(contains(result.err, host));
  CHECK(contains(result.err, "trying again"));
  CHECK(contains(result.err, "cannot be reached"));
  CHECK(result.elapsed > milliseconds(600));
  CHECK(result.elapsed < seconds(30));
}

TEST_CASE("login: a server that is starting up, or shuts down, is waited for", "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer server;
  Project project(server.create_database());
  write_one(project);
  Database other(server.url());
  server.stop();
  const auto process = project.start({"deploy"});
  wait_for_text(*process, "trying again");
  server.start();
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
}

namespace {

// A server on 127.0.0.1 that wants a password of everybody who comes that way.
class PasswordServer {
 public:
  PasswordServer() : server({.settings = {"-c", "listen_addresses=127.0.0.1"}, .port = free_port()}) {
    ask(server.url(), "CREATE ROLE somebody LOGIN SUPERUSER PASSWORD 'first'");
    std::ofstream(server.data_folder() / "pg_hba.conf")
        << "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    ask(server.url(), "SELECT pg_reload_conf()");
  }
  std::string url_of(const std::string& database, const std::string& password) const {
    return "postgresql://somebody:" + password + "@127.0.0.1:" + std::to_string(server.port()) + "/" + database;
  }
  PostgresServer server;
};

}  // namespace

TEST_CASE("login: a password that was replaced is read again at each attempt; a wrong one is 77, and in no text",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  const PasswordServer password_server;
  const auto& server = password_server.server;
  const auto direct = const_cast<PostgresServer&>(server).create_database();
  const auto database = name_in(direct);
  Project project("");
  write_one(project);
  REQUIRE_FALSE(run({"psql", password_server.url_of(database, "wrong"), "-c", "SELECT 1"}).exit_code == 0);

  SECTION("wrong in the URL: at once") {
    const auto result =
        project.strata({"deploy"}, {{"DATABASE_URL", password_server.url_of(database, "wr0ng-canary")}});
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, "password authentication failed"));
    CHECK_FALSE(contains(result.err, "trying again"));
    CHECK_FALSE(contains(result.out + result.err, "canary"));
  }
  SECTION("wrong in a file, and it stays: 77 when the time is over") {
    project.write("secret/url", password_server.url_of(database, "wr0ng-canary") + "\n");
    const auto result = project.strata({"deploy", "--url", "file:secret/url", "--connect-timeout", "1s"});
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, "trying again"));
    CHECK_FALSE(contains(result.out + result.err, "canary"));
  }
  SECTION("replaced in its file while strata tries") {
    project.write("secret/url", password_server.url_of(database, "wr0ng-canary") + "\n");
    const auto process = project.start({"deploy", "--url", "file:secret/url"});
    wait_for_text(*process, "trying again");
    // As a secret's mount does it: a new file takes the old one's place.
    project.write("secret/new", password_server.url_of(database, "first") + "\n");
    fs::rename(project.root() / "secret/new", project.root() / "secret/url");
    const auto result = process->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK_FALSE(contains(result.out + result.err, "canary"));
    CHECK_FALSE(contains(result.out + result.err, ":first@"));
  }
  SECTION("replaced among mounted secrets while strata tries") {
    project.write("vault/app/DATABASE_URL", password_server.url_of(database, "wr0ng-canary"));
    const auto process = project.start({"deploy", "--secrets-dir", "vault"});
    wait_for_text(*process, "trying again");
    project.write("vault/app/new", password_server.url_of(database, "first"));
    fs::rename(project.root() / "vault/app/new", project.root() / "vault/app/DATABASE_URL");
    CHECK(process->wait().exit_code == 0);
  }
  SECTION("replaced in the middle of a run, which loses its connection") {
    project.migration("shop/20260102000000_more", "INSERT INTO item VALUES (1);");
    project.write("secret/url", password_server.url_of(database, "first"));
    const auto file = project.root() / "paused";
    const auto process =
        project.start({"deploy", "--url", "file:secret/url"},
                      {{"STRATA_TEST_PAUSE_AT", "committed"}, {"STRATA_TEST_PAUSE_FILE", file.string()}});
    while (!fs::exists(file) && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
    Database other(direct);
    other.ask("ALTER ROLE somebody PASSWORD 'second'");
    project.write("secret/new", password_server.url_of(database, "second"));
    fs::rename(project.root() / "secret/new", project.root() / "secret/url");
    CHECK(other.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'somebody'") == "1");
    fs::remove(file);
    const auto result = process->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(other.ask("SELECT count(*) FROM item") == "1");
  }
}

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key new_key() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free};
}

// For `host`, signed by `issuer`, or by itself without one; `ends_in` seconds from now it is worth nothing.
Certificate new_certificate(const std::string& host, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long ends_in) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7'200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends_in);
  X509_set_pubkey(certificate.get(), key);
  auto* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer == nullptr ? certificate.get() : issuer, certificate.get(), nullptr, nullptr, 0);
  const auto extend = [&](int what, const std::string& value) {
    auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  };
  const bool is_authority = host == "a test authority";
  extend(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!is_authority) extend(NID_subject_alt_name, "DNS:" + host);
  REQUIRE(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0);
  return certificate;
}

void write_certificate(const fs::path& path, X509* certificate) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  PEM_write_X509(file, certificate);
  std::fclose(file);
}

}  // namespace

TEST_CASE("login: a refusal is known by its SQLSTATE, in whatever language the server says it", "[servers]") {
  if (!PostgresServer::is_available()) return;
  const TempDir locales;
  fs::permissions(locales.path(), fs::perms(0755));
  const auto german = (locales.path() / "de_DE.UTF-8").string();
  if (run({"sh", "-c", "localedef -i de_DE -f UTF-8 \"$1\"", "sh", german}).exit_code != 0) {
    std::cerr << "SKIPPED: this machine cannot make a German locale; apt install locales\n";
    return;
  }
  setenv("LOCPATH", locales.path().c_str(), 1);
  PostgresServer server({"-c", "lc_messages=de_DE.UTF-8"});
  unsetenv("LOCPATH");
  const auto url = server.create_database();
  ask(url, "CREATE ROLE stranger LOGIN; REVOKE CONNECT ON DATABASE " + name_in(url) + " FROM PUBLIC");
  const auto as = [&](const std::string& user) { return url.substr(0, url.find("&user=")) + "&user=" + user; };
  auto elsewhere = url;
  elsewhere.replace(elsewhere.find(name_in(url)), name_in(url).size(), "nowhere");
  struct Login {
    std::string url;
    int exit_code;
    std::string state;
    std::string german;
  };
  for (const Login& login : {Login{as("nobody"), 77, "28000", "existiert nicht"},
                             Login{as("stranger"), 77, "42501", "keine Berechtigung"},
                             Login{elsewhere, 78, "3D000", "existiert nicht"}}) {
    Project project(login.url);
    write_one(project);
    for (const Arguments& command : {Arguments{"deploy"}, Arguments{"wait", "--timeout", "20s"}}) {
      const auto result = project.strata(command);
      INFO(told(result));
      CHECK(result.exit_code == login.exit_code);
      CHECK(contains(result.err, login.german));
      CHECK(contains(result.err, "[SQLSTATE " + login.state + "]"));
      CHECK_FALSE(contains(result.err, "LOCATION"));
      CHECK_FALSE(contains(result.err, "trying again"));
    }
  }
}

TEST_CASE("login: a server that does not prove who it is is refused, 78, and never spoken to in plain text",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer server(ServerOptions{.settings = {"-c", "listen_addresses=127.0.0.1"}, .port = free_port()});
  const auto direct = server.create_database();
  const auto authority_key = new_key();
  const auto authority = new_certificate("a test authority", authority_key.get(), nullptr, authority_key.get(), 86'400);
  Project project("");
  write_one(project);
  const auto root_file = project.root() / "root.pem";
  write_certificate(root_file, authority.get());

  // "localhost" is the name, 127.0.0.1 the address, whatever the machine's resolver says.
  const auto address = [&](const std::string& mode) {
    return "host=localhost hostaddr=127.0.0.1 port=" + std::to_string(server.port()) +
           " user=postgres dbname=" + name_in(direct) + " sslmode=" + mode + " sslrootcert=" + root_file.string();
  };
  const auto serve = [&](const std::string& host, bool signed_by_authority, long ends_in) {
    const auto key = new_key();
    const auto certificate = signed_by_authority
                                 ? new_certificate(host, key.get(), authority.get(), authority_key.get(), ends_in)
                                 : new_certificate(host, key.get(), nullptr, key.get(), ends_in);
    write_certificate(server.data_folder() / "server.crt", certificate.get());
    const auto key_path = server.data_folder() / "server.key";
    std::FILE* const key_file = std::fopen(key_path.c_str(), "w");
    REQUIRE(key_file != nullptr);
    PEM_write_PrivateKey(key_file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(key_file);
    REQUIRE(chmod(key_path.c_str(), 0600) == 0);
    for (const auto& path : {key_path, server.data_folder() / "server.crt"})
      if (server.uid() != 0) REQUIRE(chown(path.c_str(), server.uid(), server.gid()) == 0);
    ask(server.url(), "ALTER SYSTEM SET ssl = on");
    server.restart();
  };
  const auto check_refused = [&](const std::string& mode, const std::string& reason) {
    const auto result = project.strata({"deploy", "--url", address(mode), "--connect-timeout", "5s"});
    INFO(told(result));
    CHECK(result.exit_code == 78);
    CHECK(contains(result.err, "localhost"));
    CHECK(contains(result.err, "does not prove who it is"));
    CHECK(contains(result.err, reason));
    CHECK(contains(result.err, "sslrootcert"));
    CHECK(ask(direct, "SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  };

  // It speaks no TLS at all, as whoever stands in between may pretend.
  check_refused("verify-full", "does not support SSL");
  check_refused("require", "does not support SSL");

  serve("other.example", true, 86'400);
  check_refused("verify-full", "other.example");
  serve("localhost", true, -3'600);
  check_refused("verify-full", "certificate verify failed");
  serve("localhost", false, 86'400);
  check_refused("verify-full", "certificate verify failed");
  check_refused("verify-ca", "certificate verify failed");

  serve("localhost", true, 86'400);
  fs::rename(root_file, project.root() / "away.pem");
  check_refused("verify-full", "root.pem");
  fs::rename(project.root() / "away.pem", root_file);
  project.migration("shop/20260102000000_seen",
                    "CREATE TABLE seen AS SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid();");
  const auto right = project.strata({"deploy", "--url", address("verify-full")});
  INFO(told(right));
  CHECK(right.exit_code == 0);
  CHECK(ask(direct, "SELECT ssl, version IN ('TLSv1.2', 'TLSv1.3') FROM seen") == "t|t");

  // Where only TLS is let in, libpq tries once more without, and is refused for that: what counts is what came first, so
  // that a password that is replaced in its file is waited for.
  ask(server.url(), "CREATE ROLE somebody LOGIN PASSWORD 'first'");
  std::ofstream(server.data_folder() / "pg_hba.conf")
      << "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
  ask(server.url(), "SELECT pg_reload_conf()");
  project.write("url", "postgresql://somebody:wr0ng@127.0.0.1:" + std::to_string(server.port()) + "/" + name_in(direct));
  const auto wrong = project.strata({"deploy", "--url", "file:url", "--connect-timeout", "1s"});
  INFO(told(wrong));
  CHECK(wrong.exit_code == 77);
  CHECK(contains(wrong.err, "[SQLSTATE 28P01]"));
  CHECK(contains(wrong.err, "trying again"));
}

TEST_CASE("login: libpq's variables lead nowhere beside a database that was named, and doctor lists them",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_one(project);
  project.migration("shop/20260102000000_seen",
                    "CREATE TABLE seen AS SELECT current_setting('work_mem') AS work_mem, current_database() AS name;");
  project.write("service.conf", "[poison]\nhost=192.0.2.1\ndbname=elsewhere\n");
  const Environment poison{{"PGOPTIONS", "-c work_mem=77MB -c default_transaction_read_only=on"},
                           {"PGSERVICE", "poison"},
                           {"PGSERVICEFILE", (project.root() / "service.conf").string()},
                           {"PGHOSTADDR", "192.0.2.1"}};
  const auto doctor = project.strata({"doctor"}, poison);
  INFO(told(doctor));
  CHECK(doctor.exit_code == 0);
  CHECK(contains(doctor.out, "PGOPTIONS, PGSERVICE, PGSERVICEFILE, PGHOSTADDR: set, and not looked at, since --url"));
  const auto deployed = project.strata({"deploy"}, poison);
  INFO(told(deployed));
  CHECK(deployed.exit_code == 0);
  CHECK(project.ask("SELECT work_mem <> '77MB', name = current_database() FROM seen") == "t|t");
  check_settled(project);

  // Each alone is what names the database, when nothing else does.
  const auto direct = project.url();
  const auto folder = PostgresServer::shared().socket_folder().string();
  project.set_url("");
  project.write("service.conf", "[right]\nhost=" + folder + "\nuser=postgres\ndbname=" + name_in(direct) + "\n");
  const Environment right{{"PGSERVICE", "right"},
                          {"PGSERVICEFILE", (project.root() / "service.conf").string()},
                          {"PGOPTIONS", "-c work_mem=66MB"}};
  const auto honoured = project.strata({"doctor"}, right);
  INFO(told(honoured));
  CHECK(honoured.exit_code == 0);
  CHECK(contains(honoured.out, "set, and honoured"));
  CHECK(project.strata({"status", "--exit-code"}, right).exit_code == 0);
}
