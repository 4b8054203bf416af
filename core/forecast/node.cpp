#include "core/forecast/node.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

bool is_kind(const std::string& key) {
  return !key.empty() && key.front() >= 'A' && key.front() <= 'Z';
}

// Builds the tree from the events of a parser that keeps none of its own.
class TreeReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  Node root;

  bool null() override { return take("null"); }
  bool boolean(bool value) override { return take(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& value) override { return take(value); }
  bool string(string_t& value) override { return take(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

  bool key(string_t& name) override {
    key_ = std::move(name);
    has_key_ = true;
    return true;
  }

 private:
  // Where the value that comes next goes. The pointers stay good: a node grows at its end only while it is the
  // innermost one.
  Node* place() {
    if (open_.empty()) return &root;
    auto* parent = open_.back();
    if (!has_key_) return &parent->items.emplace_back();
    has_key_ = false;
    if (is_kind(key_)) {
      parent->kind = std::move(key_);
      return parent;
    }
    return &parent->members.emplace_back(std::move(key_), Node{}).second;
  }

  bool take(std::string value) {
    place()->value = std::move(value);
    return true;
  }

  bool open() {
    if (open_.size() == deepest_tree) return false;
    open_.push_back(place());
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Node*> open_;
  std::string key_;
  bool has_key_ = false;
};

}  // namespace

const Node& Node::operator[](std::string_view member) const {
  static const Node absent;
  for (const auto& [name, node] : members) {
    if (name == member) return node;
  }
  return absent;
}

bool Node::has(std::string_view member) const {
  return std::any_of(members.begin(), members.end(), [&](const auto& one) { return one.first == member; });
}

std::optional<Node> read_tree(const std::string& json) {
  TreeReader reader;
  if (!nlohmann::json::sax_parse(json, &reader)) return std::nullopt;
  const auto& statements = reader.root["stmts"].items;
  if (statements.size() != 1) return std::nullopt;
  return statements.front()["stmt"];
}

const std::string& string_of(const Node& node) {
  const auto& text = node["sval"];
  return text.members.empty() ? text.value : text["sval"].value;
}

std::vector<std::string> strings_of(const Node& list) {
  const auto& items = list.is("List") ? list["items"].items : list.items;
  std::vector<std::string> strings;
  for (const auto& item : items) strings.push_back(string_of(item));
  return strings;
}

std::optional<std::int64_t> integer_of(const Node& node) {
  if (!node.has("ival")) return std::nullopt;
  const auto& text = node.is("Integer") ? node.text("ival") : node["ival"].text("ival");
  std::int64_t value = 0;  // which the tree does not say
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace strata
