#include "core/config/config.h"

#include "core/base/clock.h"
#include "core/base/files.h"

#include <toml++/toml.h>
#include <filesystem>
#include <initializer_list>

namespace strata {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> bad(const std::string& file, const toml::source_region& region, std::string message) {
  return fail(Error{.code = ErrorCode::bad_config,
                    .message = std::move(message),
                    .next = "mend " + file + "; the keys are described in docs/configuration.md",
                    .where = {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)}});
}

// Reads the keys of one table and remembers which it was asked for, so that the rest can be refused.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string name, const std::string& file)
      : table_(table), name_(std::move(name)), file_(file) {}

  template <typename T>
  Result<void> read(std::string_view key, T& value, const char* wanted) {
    known_.emplace_back(key);
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    const auto found = node->value_exact<T>();
    if (!found) return bad(file_, node->source(), key_name(key) + " must be " + wanted);
    value = *found;
    return {};
  }

  Result<void> read_duration(std::string_view key, std::chrono::milliseconds& value) {
    std::string text;
    STRATA_CHECK(read(key, text, "a duration in quotes, such as \"3s\" or \"5min\""));
    if (table_.get(key) == nullptr) return {};
    const auto length = parse_duration(text);
    if (!length) {
      return bad(file_, table_.get(key)->source(),
                 key_name(key) + ": '" + text + "' is no duration; write for example 250ms, 3s, 5min, 2h");
    }
    value = *length;
    return {};
  }

  Result<void> read_folders(std::string_view key, std::vector<std::string>& folders) {
    known_.emplace_back(key);
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    folders.clear();
    const auto* list = node->as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const auto folder = list->get(i)->value_exact<std::string>();
      if (!folder) return bad(file_, list->get(i)->source(), key_name(key) + " must hold strings: folders");
      folders.push_back(*folder);
    }
    if (list == nullptr) return bad(file_, node->source(), key_name(key) + " must be a list of folders");
    return {};
  }

  Result<void> refuse_unknown() const {
    for (const auto& [key, node] : table_) {
      if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
      std::string list;
      for (const auto& name : known_) list += (list.empty() ? "" : ", ") + name;
      return bad(file_, node.source(),
                 "unknown key '" + std::string(key.str()) + "' in [" + name_ + "]; known are " + list);
    }
    return {};
  }

 private:
  std::string key_name(std::string_view key) const { return "[" + name_ + "] " + std::string(key); }

  const toml::table& table_;
  std::string name_;
  const std::string& file_;
  std::vector<std::string> known_;
};

std::string find_upward(const fs::path& start) {
  for (auto folder = start;; folder = folder.parent_path()) {
    std::error_code ignored;
    // Whatever is there under that name is meant: what is no file is refused, not passed over.
    const auto type = fs::symlink_status(folder / "strata.toml", ignored).type();
    if (type != fs::file_type::not_found && type != fs::file_type::none) return folder / "strata.toml";
    if (folder == folder.parent_path()) return {};
  }
}

bool is_schema_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos && text[0] >= '_' &&
         text.substr(0, 3) != "pg_";
}

Result<void> read_tables(const toml::table& document, Config& config) {
  const auto& file = config.file;
  const toml::table empty;
  const auto table = [&](std::string_view key) -> const toml::table& {
    const auto* found = document.get_as<toml::table>(key);
    return found == nullptr ? empty : *found;
  };
  for (const auto& [key, node] : document) {
    const std::string name(key.str());
    const bool known = name == "project" || name == "target" || name == "deploy" || name == "history";
    if (!known || !node.is_table()) {
      return bad(file, node.source(),
                 "unknown section '" + name + "'; known are [project], [target.NAME], [deploy], [history]");
    }
  }

  TableReader project(table("project"), "project", file);
  STRATA_CHECK(project.read("name", config.project, "a string"));
  STRATA_CHECK(project.read_folders("modules", config.module_folders));
  config.modules_are_named = table("project").contains("modules");
  STRATA_CHECK(project.read_folders("plugins", config.plugin_folders));
  STRATA_CHECK(project.read("migrations", config.base_migrations, "a string: a folder"));
  STRATA_CHECK(project.read("schema", config.base_schema, "a string: a folder or a file"));
  STRATA_CHECK(project.refuse_unknown());

  for (const auto& [key, node] : table("target")) {
    const std::string name(key.str());
    const auto* values = node.as_table();
    if (values == nullptr) return bad(file, node.source(), "[target] holds tables: write [target." + name + "]");
    TableReader reader(*values, "target." + name, file);
    STRATA_CHECK(reader.read("url", config.targets[name].url, "a string"));
    STRATA_CHECK(reader.read("disposable", config.targets[name].disposable, "true or false"));
    STRATA_CHECK(reader.refuse_unknown());
  }

  TableReader deploy(table("deploy"), "deploy", file);
  STRATA_CHECK(deploy.read_duration("lock_timeout", config.lock_timeout));
  STRATA_CHECK(deploy.read_duration("lock_wait", config.lock_wait));
  STRATA_CHECK(deploy.read_duration("statement_timeout", config.statement_timeout));
  std::string open_schema = "refuse";
  STRATA_CHECK(deploy.read("open_schema", open_schema, "\"refuse\" or \"warn\""));
  STRATA_CHECK(deploy.read("refuse_superuser", config.refuse_superuser, "true or false"));
  STRATA_CHECK(deploy.refuse_unknown());
  if (open_schema != "refuse" && open_schema != "warn")
    return bad(file, table("deploy").get("open_schema")->source(),
               "[deploy] open_schema must be \"refuse\" or \"warn\"");
  config.refuse_open_schema = open_schema == "refuse";

  TableReader history(table("history"), "history", file);
  std::string prisma = "auto";
  STRATA_CHECK(history.read("schema", config.history_schema, "a string"));
  STRATA_CHECK(history.read("prisma", prisma, "\"auto\", \"on\" or \"off\""));
  STRATA_CHECK(history.refuse_unknown());
  if (!is_schema_name(config.history_schema)) {
    return bad(file, table("history").get("schema")->source(),
               "[history] schema: '" + config.history_schema + "' is no plain schema name; use a-z, 0-9 and _");
  }
  if (prisma != "auto" && prisma != "on" && prisma != "off") {
    return bad(file, table("history").get("prisma")->source(), "[history] prisma must be \"auto\", \"on\" or \"off\"");
  }
  config.prisma = prisma == "on" ? PrismaHistory::on : prisma == "off" ? PrismaHistory::off : PrismaHistory::automatic;
  return {};
}

}  // namespace

Result<Config> load_config(const std::string& file, const std::string& working_directory) {
  Config config;
  config.file =
      file.empty() ? find_upward(working_directory) : (fs::path(working_directory) / file).lexically_normal().string();
  config.root = config.file.empty() ? working_directory : fs::path(config.file).parent_path().string();
  config.project = fs::path(config.root).filename();
  config.module_folders = {"modules"};
  config.base_migrations = "migrations";
  if (!config.file.empty()) config.base_schema = "schema";

  if (!config.file.empty()) {
    std::error_code ignored;
    if (!fs::is_regular_file(config.file, ignored)) {
      return fail(ErrorCode::bad_config,
                  (fs::exists(config.file, ignored) ? config.file + " is no file" : "there is no file " + config.file),
                  "name an existing strata.toml, or run: strata init");
    }
    STRATA_TRY(const auto text,
               read_file(config.file, "check that this user may read it", most_config_bytes, ErrorCode::bad_config));
    try {
      const auto document = toml::parse(text, config.file);
      STRATA_CHECK(read_tables(document, config));
    } catch (const toml::parse_error& error) {
      return bad(config.file, error.source(), "not valid TOML: " + std::string(error.description()));
    }
  }
  if (config.targets.find("default") == config.targets.end()) config.targets["default"] = {};
  // From inside the project the paths are short, as somebody would type them; from elsewhere they are absolute.
  const auto resolved = [&](const std::string& path) {
    auto absolute = (fs::path(config.root) / path).lexically_normal().string();
    while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
    const auto short_form = fs::path(absolute).lexically_relative(working_directory).string();
    return short_form.empty() || short_form.substr(0, 2) == ".." ? absolute : short_form;
  };
  for (auto& folder : config.module_folders) folder = resolved(folder);
  for (auto& folder : config.plugin_folders) folder = resolved(folder);
  if (!config.base_migrations.empty()) config.base_migrations = resolved(config.base_migrations);
  if (!config.base_schema.empty()) config.base_schema = resolved(config.base_schema);
  return config;
}

}  // namespace strata
