#include "core/prisma/collate.h"

#include "core/prisma/format.h"

#include <algorithm>
#include <set>
#include <utility>

namespace strata::prisma {

namespace {

bool is_configuration(const Block& block) {
  return block.kind == Block::Kind::datasource || block.kind == Block::Kind::generator;
}

Block postgresql_datasource() {
  Entry provider{.kind = Entry::Kind::property, .name = "provider"};
  provider.value = {.kind = Value::Kind::text, .text = "postgresql", .written = "\"postgresql\""};
  return {.kind = Block::Kind::datasource, .name = "db", .entries = {provider}};
}

std::string heading(const SchemaFile& file, const std::map<std::string, std::string>& versions) {
  const auto version = versions.find(file.owner);
  return "// " + (file.owner == "base" ? file.owner : "module " + file.owner) +
         (version == versions.end() ? "" : " " + version->second) + ", " + file.path;
}

// Comments of their own, kept apart from those that follow.
void add_paragraph(std::vector<std::string>& comments, const std::vector<std::string>& paragraph) {
  if (paragraph.empty()) return;
  if (!comments.empty() && !comments.back().empty()) comments.emplace_back();
  comments.insert(comments.end(), paragraph.begin(), paragraph.end());
}

}  // namespace

std::string collate(const std::vector<SchemaFile>& files, const std::map<std::string, std::string>& versions) {
  SchemaFile whole;
  std::set<std::string> owners;
  for (const auto& file : files) {
    owners.insert(file.owner);
    std::copy_if(file.blocks.begin(), file.blocks.end(), std::back_inserter(whole.blocks), is_configuration);
  }
  const auto is_datasource = [](const Block& block) { return block.kind == Block::Kind::datasource; };
  const auto datasource = std::find_if(whole.blocks.begin(), whole.blocks.end(), is_datasource);
  if (datasource == whole.blocks.end()) {
    whole.blocks.insert(whole.blocks.begin(), postgresql_datasource());
  } else {
    std::rotate(whole.blocks.begin(), datasource, datasource + 1);
  }

  std::vector<std::string> comments;  // for the next block
  for (const auto& file : files) {
    bool headed = owners.size() == 1;
    for (const auto& block : file.blocks) {
      if (is_configuration(block)) continue;
      if (!std::exchange(headed, true)) add_paragraph(comments, {heading(file, versions)});
      auto& copy = whole.blocks.emplace_back(block);
      if (!comments.empty() && !comments.back().empty()) comments.emplace_back();
      copy.leading = std::exchange(comments, {});
      copy.leading.insert(copy.leading.end(), block.leading.begin(), block.leading.end());
    }
    if (!file.trailing.empty() && !headed) add_paragraph(comments, {heading(file, versions)});
    add_paragraph(comments, file.trailing);
  }
  whole.trailing = std::move(comments);
  return format(whole);
}

}  // namespace strata::prisma
