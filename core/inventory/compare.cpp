#include "core/inventory/compare.h"

#include <set>

namespace strata {

namespace {

bool is_comparable(const DatabaseObject& object, const std::string& property, ComparedServers servers) {
  if (servers == ComparedServers::same) return true;
  if (object.kind == ObjectKind::extension && property == "version") return false;
  return servers == ComparedServers::same_major || !is_printed_by_server(object, property);
}

std::vector<PropertyChange> changes_of(const DatabaseObject& expected, const DatabaseObject& found,
                                       ComparedServers servers) {
  std::set<std::string> names;
  for (const auto* object : {&expected, &found}) {
    for (const auto& [name, value] : object->properties) names.insert(name);
  }
  std::vector<PropertyChange> changes;
  for (const auto& name : names) {
    const auto& before = expected.property(name);
    const auto& after = found.property(name);
    const bool is_on_one_side = before.empty() != after.empty();
    if (before != after && (is_on_one_side || is_comparable(expected, name, servers)))
      changes.push_back({name, before, after});
  }
  return changes;
}

// Tells the whole and not its parts.
class Wholes {
 public:
  void add(const DatabaseObject& object) {
    const bool has_parts = object.kind == ObjectKind::table || object.kind == ObjectKind::view ||
                           object.kind == ObjectKind::materialized_view;
    if (has_parts) relations_.insert({object.schema, object.name});
  }
  bool cover(const DatabaseObject& object) const {
    if (object.kind == ObjectKind::sequence) {
      for (const auto& [schema, name] : relations_) {
        if (object.property("owned_by").starts_with(schema + "." + name + ".")) return true;
      }
    }
    return !object.parent.empty() && relations_.contains({object.schema, object.parent});
  }

 private:
  std::set<std::pair<std::string, std::string>> relations_;
};

std::vector<ObjectDifference> without_parts(std::vector<ObjectDifference> all) {
  Wholes missing;
  Wholes unexpected;
  for (const auto& difference : all) {
    if (difference.kind == DifferenceKind::missing) missing.add(difference.object);
    if (difference.kind == DifferenceKind::unexpected) unexpected.add(difference.object);
  }
  std::erase_if(all, [&](const ObjectDifference& difference) {
    return (difference.kind == DifferenceKind::missing && missing.cover(difference.object)) ||
           (difference.kind == DifferenceKind::unexpected && unexpected.cover(difference.object));
  });
  return all;
}

}  // namespace

std::vector<ObjectDifference> compare_parts(const Inventory& expected, const Inventory& found,
                                            ComparedServers servers) {
  std::vector<ObjectDifference> all;
  auto left = expected.objects.begin();
  auto right = found.objects.begin();
  while (left != expected.objects.end() || right != found.objects.end()) {
    const bool only_left =
        right == found.objects.end() || (left != expected.objects.end() && key_of(*left) < key_of(*right));
    const bool only_right = !only_left && (left == expected.objects.end() || key_of(*right) < key_of(*left));
    if (only_left) {
      all.push_back({DifferenceKind::missing, *left++});
    } else if (only_right) {
      all.push_back({DifferenceKind::unexpected, *right++});
    } else {
      if (auto changes = changes_of(*left, *right, servers); !changes.empty())
        all.push_back({DifferenceKind::changed, *left, std::move(changes)});
      ++left;
      ++right;
    }
  }
  return all;
}

std::vector<ObjectDifference> compare(const Inventory& expected, const Inventory& found, ComparedServers servers) {
  return without_parts(compare_parts(expected, found, servers));
}

std::string described(const ObjectDifference& difference) {
  const auto object = described(difference.object);
  if (difference.kind == DifferenceKind::missing) return object + " is gone";
  if (difference.kind == DifferenceKind::unexpected) return object + " is there";
  std::string text = object + ":";
  for (const auto& change : difference.changes) {
    const auto shown = [](const std::string& value) { return value.empty() ? std::string("none") : "'" + value + "'"; };
    if (text.back() != ':') text += ";";
    text += " " + change.property + " is " + shown(change.found) + ", expected " + shown(change.expected);
  }
  return text;
}

}  // namespace strata
