#include "core/config/database_address.h"

#include "core/config/secrets.h"

#include "core/base/escape.h"
#include "core/base/files.h"

#include <sys/stat.h>

#include <array>

namespace strata {

namespace {

tl::unexpected<Error> malformed(std::size_t position, const std::string& what) {
  return fail(
      ErrorCode::bad_config, "the database URL is malformed at character " + std::to_string(position + 1) + ": " + what,
      "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE with special characters percent-encoded ('@' is %40), "
      "or set POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DATABASE instead");
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One component of a URL and where it begins, so that errors can point at it without showing it.
struct Part {
  std::string_view text;
  std::size_t at = 0;
};

Result<std::string> decode(Part part) {
  std::string out;
  for (std::size_t i = 0; i < part.text.size(); ++i) {
    if (part.text[i] != '%') {
      out.push_back(part.text[i]);
      continue;
    }
    const int high = i + 2 < part.text.size() ? hex_value(part.text[i + 1]) : -1;
    const int low = i + 2 < part.text.size() ? hex_value(part.text[i + 2]) : -1;
    if (high < 0 || low < 0) return malformed(part.at + i, "'%' must be followed by two hexadecimal digits");
    if (high == 0 && low == 0) return malformed(part.at + i, "%00 cannot stand in a URL");
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return out;
}

// Cuts `part` at the first `separator`: what is before it stays in `part`, the rest is returned.
std::optional<Part> cut(Part& part, char separator) {
  const auto at = part.text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const Part rest{part.text.substr(at + 1), part.at + at + 1};
  part.text = part.text.substr(0, at);
  return rest;
}

// Parameters of Prisma's engine that have no meaning for one connection of strata's own.
constexpr std::array ignored_by_name = {"connection_limit",
                                        "pool_timeout",
                                        "pgbouncer",
                                        "statement_cache_size",
                                        "socket_timeout",
                                        "sslidentity",
                                        "sslpassword",
                                        "max_connection_lifetime",
                                        "max_idle_connection_lifetime"};
constexpr std::array known_to_libpq = {"host",
                                       "hostaddr",
                                       "port",
                                       "dbname",
                                       "user",
                                       "password",
                                       "passfile",
                                       "sslmode",
                                       "sslcert",
                                       "sslkey",
                                       "sslcrl",
                                       "sslrootcert",
                                       "channel_binding",
                                       "connect_timeout",
                                       "application_name",
                                       "target_session_attrs",
                                       "gssencmode",
                                       "krbsrvname",
                                       "options",
                                       "service",
                                       "client_encoding",
                                       "keepalives",
                                       "keepalives_idle",
                                       "keepalives_interval",
                                       "keepalives_count",
                                       "tcp_user_timeout",
                                       "sslcompression",
                                       "sslsni",
                                       "ssl_min_protocol_version",
                                       "ssl_max_protocol_version",
                                       "fallback_application_name",
                                       "requirepeer",
                                       "sslcrldir",
                                       "load_balance_hosts"};

template <typename List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// As for libpq, the later of two values is the one that counts.
void set_parameter(DatabaseAddress& address, const std::string& name, std::string value) {
  for (auto& [key, known] : address.parameters) {
    if (key == name) {
      known = std::move(value);
      return;
    }
  }
  address.parameters.emplace_back(name, std::move(value));
}

Result<void> take_parameter(DatabaseAddress& address, const std::string& name, std::string value, std::size_t at,
                            bool in_url) {
  if (name == "schema") {
    if (value.empty()) return malformed(at, "the parameter 'schema' is empty");
    if (value.substr(0, 3) == "pg_") return malformed(at, "schemas named pg_… are Postgres's own");
    address.schema = std::move(value);
  } else if (name == "sslaccept") {
    set_parameter(address, name, std::move(value));  // until read_as_prisma
  } else if (holds(ignored_by_name, name)) {
    address.notes.push_back("the URL's parameter '" + name + "' means nothing to strata and is ignored");
  } else if (holds(known_to_libpq, name)) {
    set_parameter(address, name, std::move(value));
  } else {
    // Drivers have many of their own, which Prisma passes over. A word about TLS is not passed over, nor what may be
    // the rest of a password with a raw '?' in it; and for its sake the name is not told.
    const bool is_word = name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == name.npos;
    if (!in_url || !is_word || name.substr(0, 3) == "ssl" || value.find('@') != std::string::npos)
      return malformed(at, "unknown parameter name (neither libpq nor Prisma knows it)");
    address.notes.push_back("the URL's parameter at character " + std::to_string(at + 1) +
                            " is not known and is ignored");
  }
  return {};
}

// What Prisma means by these: sslcert is the authority's certificate (libpq's is the client's own, and nothing without
// its key), and sslaccept=strict asks for what libpq calls verify-full, by what the system trusts if by nothing else.
void read_as_prisma(DatabaseAddress& address) {
  auto& parameters = address.parameters;
  const auto find = [&](std::string_view name) {
    return std::find_if(parameters.begin(), parameters.end(), [&](const auto& entry) { return entry.first == name; });
  };
  if (find("sslcert") != parameters.end() && find("sslkey") == parameters.end()) find("sslcert")->first = "sslrootcert";
  // node-postgres' word for a certificate that nobody checks.
  if (const auto mode = find("sslmode"); mode != parameters.end() && mode->second == "no-verify")
    mode->second = "require";
  const auto accept = find("sslaccept");
  if (accept == parameters.end()) return;
  const bool strict = accept->second == "strict";
  parameters.erase(accept);
  if (!strict) return;
  set_parameter(address, "sslmode", "verify-full");
  if (find("sslrootcert") == parameters.end())
    parameters.emplace_back("sslrootcert", "/etc/ssl/certs/ca-certificates.crt");  // Debian's package ca-certificates
}

Result<void> check_port(Part port) {
  const bool digits = port.text.find_first_not_of("0123456789") == std::string_view::npos && port.text.size() <= 5;
  const int number = digits && !port.text.empty() ? std::stoi(std::string(port.text)) : 1;
  if (!digits || number < 1 || number > 65535) {
    return malformed(
        port.at,
        "a port is a number from 1 to 65535 (an unencoded '@', '/', '#' or ':' in the password also leads here)");
  }
  return {};
}

Result<DatabaseAddress> parse_url(std::string_view url, std::size_t scheme_length) {
  DatabaseAddress address;
  Part rest{url.substr(scheme_length), scheme_length};
  if (const auto hash = rest.text.find('#'); hash != std::string_view::npos) {
    return malformed(rest.at + hash, "'#' must be written as %23");
  }
  const auto query = cut(rest, '?');
  Part authority = rest;
  const auto path = cut(authority, '/');
  Part hosts = authority;
  // The last '@' ends the user part: a raw '@' in a password then shows as such and not as a wrong host.
  if (const auto at = authority.text.rfind('@'); at != std::string_view::npos) {
    Part user{authority.text.substr(0, at), authority.at};
    hosts = {authority.text.substr(at + 1), authority.at + at + 1};
    const auto password = cut(user, ':');
    for (const auto& part : {user, password.value_or(Part{})}) {
      if (const auto raw = part.text.find('@'); raw != std::string_view::npos) {
        return malformed(part.at + raw, "'@' in a user name or password must be written as %40");
      }
    }
    STRATA_TRY(auto name, decode(user));
    if (!name.empty()) address.parameters.emplace_back("user", std::move(name));
    if (password) {
      STRATA_TRY(auto secret, decode(*password));
      address.parameters.emplace_back("password", std::move(secret));
    }
  }

  std::string host_list;
  std::string port_list;
  for (std::optional<Part> next = hosts; next;) {
    Part host = *next;
    next = cut(host, ',');
    Part port{{}, host.at};
    if (!host.text.empty() && host.text.front() == '[') {
      const auto close = host.text.find(']');
      if (close == std::string_view::npos) return malformed(host.at, "'[' of an IPv6 address is not closed");
      port = {host.text.substr(close + 1), host.at + close + 1};
      if (!port.text.empty() && port.text.front() != ':') return malformed(port.at, "expected ':' and a port");
      if (!port.text.empty()) port = {port.text.substr(1), port.at + 1};
      host = {host.text.substr(1, close - 1), host.at + 1};
    } else if (const auto found = cut(host, ':')) {
      port = *found;
    }
    STRATA_CHECK(check_port(port));
    STRATA_TRY(const auto name, decode(host));
    host_list += (host_list.empty() ? "" : ",") + name;
    port_list += std::string(port.text) + (next ? "," : "");
  }
  if (!host_list.empty()) address.parameters.emplace_back("host", host_list);
  if (port_list.find_first_not_of(',') != std::string::npos) address.parameters.emplace_back("port", port_list);
  if (path && !path->text.empty()) {
    // A password with a raw '/' leads here as well; the rest of it must not become a database's name, which is shown.
    if (const auto raw = path->text.find('@'); raw != std::string_view::npos) {
      return malformed(path->at + raw, "'@' in a database's name must be written as %40, and '/' in a password as %2F");
    }
    STRATA_TRY(auto name, decode(*path));
    address.parameters.emplace_back("dbname", std::move(name));
  }
  for (std::optional<Part> next = query; next;) {
    Part pair = *next;
    next = cut(pair, '&');
    if (pair.text.empty()) continue;
    const auto value = cut(pair, '=');
    if (!value) return malformed(pair.at, "a parameter needs '=' and a value");
    STRATA_TRY(const auto name, decode(pair));
    STRATA_TRY(auto decoded, decode(*value));
    STRATA_CHECK(take_parameter(address, name, std::move(decoded), pair.at, true));
  }
  read_as_prisma(address);
  return address;
}

// libpq's keyword form: name = value or 'value', blanks between; \ escapes within.
Result<DatabaseAddress> parse_keywords(std::string_view text) {
  DatabaseAddress address;
  std::size_t i = 0;
  const auto at_blank = [&] { return std::string_view(" \t\r\n").find(text[i]) != std::string_view::npos; };
  const auto skip_blanks = [&] {
    while (i < text.size() && at_blank()) ++i;
  };
  for (skip_blanks(); i < text.size(); skip_blanks()) {
    const auto name_at = i;
    while (i < text.size() && text[i] != '=' && !at_blank()) ++i;
    const std::string name(text.substr(name_at, i - name_at));
    skip_blanks();
    if (i >= text.size() || text[i] != '=') return malformed(i, "expected '=' after a keyword");
    ++i;
    skip_blanks();
    const bool quoted = i < text.size() && text[i] == '\'';
    if (quoted) ++i;
    std::string value;
    for (; i < text.size() && !(quoted ? text[i] == '\'' : at_blank()); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      value.push_back(text[i]);
    }
    if (quoted && i >= text.size()) return malformed(name_at, "a quoted value is not closed");
    if (quoted) ++i;
    STRATA_CHECK(take_parameter(address, name, std::move(value), name_at, false));
  }
  read_as_prisma(address);
  return address;
}

std::string parameter(const DatabaseAddress& address, std::string_view name) {
  for (const auto& [key, value] : address.parameters) {
    if (key == name) return value;
  }
  return {};
}

Result<std::string> read_secret_file(const std::string& path) {
  static constexpr char next[] =
      "the database's URL is to be in it: check that it is mounted, and readable for this user";
  STRATA_TRY(auto content, read_file(path, next, most_config_bytes, ErrorCode::bad_config));
  if (content.empty()) return fail(ErrorCode::bad_config, path + " is empty", next);
  return without_line_end(std::move(content));
}

// `hops`: how often env: and file: may still lead on; one may name the other, but not for ever.
Result<DatabaseAddress> from_text(const std::string& written, std::string source, const Environment& environment,
                                  int hops = 3) {
  const auto text = without_line_end(written);
  if (hops == 0) {
    return fail(ErrorCode::bad_config, source + " leads on and on without naming a database",
                "let env: or file: lead to a URL");
  }
  if (text.rfind("env:", 0) == 0) {
    const auto name = text.substr(4);
    const auto value = environment(name);
    if (!value || value->empty()) {
      return fail(ErrorCode::bad_config, source + " reads the variable " + name + ", which is not set",
                  "export " + name + "=postgresql://…");
    }
    return from_text(*value, source + " (" + name + ")", environment, hops - 1);
  }
  if (text.rfind("file:", 0) == 0) {
    STRATA_TRY(const auto value, read_secret_file(text.substr(5)));
    auto address = from_text(value, source + " (" + text.substr(5) + ")", environment, hops - 1);
    if (address) address->from_file = true;
    return address;
  }
  if (text == "local" || text.rfind("local:", 0) == 0) {
    auto name = text.size() > 6 ? text.substr(6) : std::string("default");
    if (name.size() > 40 || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
      return fail(ErrorCode::bad_config, "an embedded Postgres is named with a-z, 0-9, _ and -, at most 40 of them",
                  "write local: or local:NAME");
    }
    DatabaseAddress address;
    address.embedded = std::move(name);
    address.source = std::move(source);
    return address;
  }
  auto address = parse_database_url(text);
  if (address) address->source = std::move(source);
  if (!address) address.error().message = source + ": " + address.error().message;
  return address;
}

DatabaseAddress address_of_parts(const Environment& environment) {
  DatabaseAddress parts;
  parts.source = "the POSTGRES_* variables";
  static constexpr std::array<std::pair<const char*, const char*>, 5> names = {{{"POSTGRES_HOST", "host"},
                                                                                {"POSTGRES_PORT", "port"},
                                                                                {"POSTGRES_USER", "user"},
                                                                                {"POSTGRES_PASSWORD", "password"},
                                                                                {"POSTGRES_DATABASE", "dbname"}}};
  for (const auto& [variable, keyword] : names) {
    if (const auto value = environment(variable); value && !value->empty())
      parts.parameters.emplace_back(keyword, without_line_end(*value));
  }
  return parts;
}

// DATABASE_URL counts before the parts. But wrappers of Prisma let complete parts replace it: where the two lead to
// different databases, one of them is the wrong one, and which, nobody here can know.
Result<void> refuse_contradiction(DatabaseAddress& address, const DatabaseAddress& parts) {
  if (parameter(parts, "host").empty()) return {};
  const auto place = [](const DatabaseAddress& of) {
    const auto port = parameter(of, "port");
    return parameter(of, "host") + ":" + (port.empty() ? "5432" : port) + "/" + parameter(of, "dbname");
  };
  const bool complete = parts.parameters.size() == 5;
  if (complete && !address.embedded && place(address) != place(parts)) {
    return fail(ErrorCode::bad_config,
                "DATABASE_URL leads to " + place(address) + ", but the five POSTGRES_* variables to " + place(parts),
                "unset one of them, or say which: --url env:DATABASE_URL");
  }
  address.notes.push_back("DATABASE_URL counts; POSTGRES_HOST is set as well, and is not looked at");
  return {};
}

}  // namespace

std::string DatabaseAddress::described() const {
  if (embedded) return "local:" + (*embedded == "default" ? std::string() : *embedded);
  const auto user = parameter(*this, "user");
  const auto host = parameter(*this, "host");
  const auto port = parameter(*this, "port");
  const auto database = parameter(*this, "dbname");
  std::string text = user.empty() ? "" : user + "@";
  text += host.empty() ? "(default host)" : host;
  if (!port.empty()) text += ":" + port;
  return text + "/" + (database.empty() ? user : database);
}

Result<DatabaseAddress> parse_database_url(std::string_view url) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (url.substr(0, scheme.size()) == scheme) return parse_url(url, scheme.size());
  }
  if (url.find("://") != std::string_view::npos) return malformed(0, "it must begin with postgresql:// or postgres://");
  if (url.find('=') == std::string_view::npos)
    return malformed(0, "neither postgresql://…, nor local:, nor KEYWORD=VALUE pairs");
  return parse_keywords(url);
}

namespace {

// libpq passes over a password file that others may read, and then fails for want of a password.
Result<void> refuse_open_password_file(const DatabaseAddress& address, const Environment& environment) {
  if (address.embedded) return {};
  auto path = parameter(address, "passfile");
  if (path.empty()) path = environment("PGPASSFILE").value_or("");
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0 || (status.st_mode & 077) == 0) return {};
  return fail(ErrorCode::not_permitted,
              "the password file " + printable(path) + " can be read by others, so libpq will not use it",
              "chmod 600 " + printable(path));
}

Result<DatabaseAddress> find_for_target(const Config& config, const std::string& target,
                                        const Environment& environment) {
  const auto found = config.targets.find(target);
  if (found == config.targets.end()) {
    std::string names;
    for (const auto& [name, value] : config.targets) names += (names.empty() ? "" : ", ") + name;
    return fail(ErrorCode::bad_config, "there is no target '" + target + "'; known are " + names,
                "add [target." + target + "] to strata.toml, or choose another with --target");
  }
  if (!found->second.url.empty()) {
    STRATA_TRY(auto address, from_text(found->second.url, "[target." + target + "] in strata.toml", environment));
    if (address.embedded && !environment("DATABASE_URL").value_or("").empty())
      address.notes.push_back(address.source + " counts; DATABASE_URL is set as well, and is not looked at");
    return address;
  }
  const auto parts = address_of_parts(environment);
  if (const auto value = environment("DATABASE_URL"); value && !value->empty()) {
    STRATA_TRY(auto address, from_text(*value, "DATABASE_URL", environment));
    STRATA_CHECK(refuse_contradiction(address, parts));
    return address;
  }
  if (!parameter(parts, "host").empty()) return parts;
  for (const char* name : {"PGHOST", "PGSERVICE", "PGDATABASE", "PGHOSTADDR"}) {
    if (const auto value = environment(name); value && !value->empty()) {
      DatabaseAddress address;
      address.source = "libpq's PG* variables";
      return address;
    }
  }
  return fail(ErrorCode::bad_config, "no database is named for target '" + target + "'",
              "give --url, set DATABASE_URL or POSTGRES_HOST …, or add url = \"local:\" to [target." + target +
                  "] in strata.toml for an embedded Postgres");
}

}  // namespace

Result<DatabaseAddress> find_database(const Config& config, const std::string& target, const std::string& url,
                                      const Environment& environment, const std::string& option) {
  STRATA_TRY(auto address,
             url.empty() ? find_for_target(config, target, environment) : from_text(url, option, environment));
  STRATA_CHECK(refuse_open_password_file(address, environment));
  return address;
}

}  // namespace strata
