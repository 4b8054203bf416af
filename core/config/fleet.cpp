#include "core/config/fleet.h"

#include "core/base/digest.h"
#include "core/base/escape.h"
#include "core/base/files.h"
#include "core/config/config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>

namespace strata {

namespace {

constexpr auto form =
    "a fleet's file holds [target.NAME] url = \"…\", or [query] url = \"…\" and sql = \"SELECT name, url FROM …\"";
constexpr auto name_form = " is no name for a target: letters, digits, _ - .";

tl::unexpected<Error> bad(const std::string& file, const toml::source_region& at, const std::string& what) {
  Error error{.code = ErrorCode::bad_config, .message = what, .next = form};
  error.where = {file, static_cast<int>(at.begin.line), static_cast<int>(at.begin.column)};
  return fail(std::move(error));
}

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                   : std::nullopt;
}

bool is_target_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

}  // namespace

Result<FleetFile> load_fleet(const std::string& file) {
  STRATA_TRY(const auto text, read_file(file, form, most_config_bytes, ErrorCode::bad_config));
  FleetFile fleet;
  try {
    const auto document = toml::parse(text, file);
    for (const auto& [section, node] : document) {
      if ((section.str() != "target" && section.str() != "query") || !node.is_table())
        return bad(file, node.source(), "unknown section '" + std::string(section.str()) + "'");
    }
    const auto* targets = document.get_as<toml::table>("target");
    for (const auto& [name, node] : targets != nullptr ? *targets : toml::table()) {
      const auto* table = node.as_table();
      const auto* url = table == nullptr ? nullptr : table->get_as<std::string>("url");
      if (url == nullptr || table->size() != 1 || (*url)->empty())
        return bad(file, node.source(), "target '" + std::string(name.str()) + "' must have a url, and nothing else");
      if (!is_target_name(name.str())) return bad(file, node.source(), "'" + std::string(name.str()) + "'" + name_form);
      fleet.targets.push_back({std::string(name.str()), url->get()});
    }
    if (const auto* query = document.get_as<toml::table>("query")) {
      const auto* url = query->get_as<std::string>("url");
      const auto* sql = query->get_as<std::string>("sql");
      if (url == nullptr || sql == nullptr || query->size() != 2 || (*url)->empty() || (*sql)->empty())
        return bad(file, query->source(), "[query] must have a url and sql, and nothing else");
      fleet.query = FleetQuery{url->get(), sql->get()};
    }
  } catch (const toml::parse_error& error) {
    return bad(file, error.source(), "not valid TOML: " + std::string(error.description()));
  }
  if (fleet.targets.empty() && !fleet.query) return fail(ErrorCode::bad_config, file + " names no target", form);
  return fleet;
}

Result<std::vector<FleetTarget>> join_fleet(std::vector<FleetTarget> targets, std::vector<FleetTarget> asked) {
  for (auto& target : asked) {
    if (!is_target_name(target.name))
      return fail(ErrorCode::bad_config, "the fleet's query gave '" + printable(target.name) + "', which" + name_form);
    if (target.url.empty())
      return fail(ErrorCode::bad_config, "the fleet's query gave no url for target '" + target.name + "'",
                  "leave it out in the query's WHERE");
    targets.push_back(std::move(target));
  }
  if (targets.empty()) return fail(ErrorCode::bad_config, "the fleet's query gave no target", "look at its WHERE");
  std::sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != targets.end())
    return fail(ErrorCode::bad_config, "target '" + twice->name + "' comes twice in the fleet",
                "the ledger knows a target by its name: give each one of its own");
  return targets;
}

Result<Shard> parse_shard(const std::string& text, const std::optional<std::string>& completion_index) {
  if (text.empty()) return Shard{};
  const auto slash = text.find('/');
  const auto left = slash == std::string::npos ? "" : text.substr(0, slash);
  const auto count = slash == std::string::npos ? std::nullopt : number_in(std::string_view(text).substr(slash + 1));
  if (slash == 0 && !completion_index)
    return fail(ErrorCode::usage, "--shard " + text + " takes its index from JOB_COMPLETION_INDEX, which is not set",
                "in a Job with completionMode Indexed it is; elsewhere write --shard 0/8");
  const auto index = number_in(slash == 0 ? std::string_view(*completion_index) : std::string_view(left));
  if (!index || !count || *index >= *count) {
    return fail(ErrorCode::usage,
                "--shard: '" + text + "'" + (slash == 0 ? " with index " + *completion_index : "") +
                    " is no share: the index counts from 0 and is less than the count",
                "for example --shard 0/8, or --shard /8 in an Indexed Job");
  }
  return Shard{*index, *count};
}

std::vector<FleetTarget> share_of(const std::vector<FleetTarget>& fleet, const Shard& shard) {
  std::vector<FleetTarget> share;
  for (const auto& target : fleet) {
    const auto digest = sha256(target.name);
    std::size_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8U | digest[i];
    if (number % shard.count == shard.index) share.push_back(target);
  }
  return share;
}

}  // namespace strata
