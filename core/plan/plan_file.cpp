#include "core/plan/plan_file.h"

#include "core/base/escape.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

using json = nlohmann::ordered_json;

constexpr int plan_format = 1;
constexpr const char* plan_kind = "strata plan";
constexpr std::string_view head = "{\"plan\":\n";
constexpr std::size_t most_name_bytes = 400;  // a file's name and its module's
constexpr int deepest = 4;                    // {plan: {steps: [ { } ] } }
constexpr std::array all_reasons{StepReason::pending, StepReason::repeatable_new, StepReason::repeatable_changed,
                                 StepReason::continues};

json or_null(const std::optional<Digest>& digest) {
  return digest ? json(hex(*digest)) : json();
}

json to_json(const PlanFile& file) {
  json modules = json::array();
  for (const auto& module : file.modules) {
    modules.push_back({{"id", module.id},
                       {"version", module.version},
                       {"digest", hex(module.digest)},
                       {"library", or_null(module.library)}});
  }
  json adopted = json::array();
  for (const auto& adoption : file.adopted)
    adopted.push_back({{"id", adoption.id.text()}, {"sha256", hex(adoption.sha256)}});
  json accepted = json::array();
  for (const auto& change : file.accepted)
    accepted.push_back({{"id", change.id.text()}, {"before", hex(change.before)}, {"after", hex(change.after)}});
  json steps = json::array();
  for (const auto& step : file.steps) {
    steps.push_back({{"id", step.id.text()},
                     {"sha256", hex(step.sha256)},
                     {"resume_at", step.resume_at},
                     {"reason", describe(step.reason)},
                     {"transactional", step.transactional},
                     {"out_of_order", step.out_of_order}});
  }
  const auto state =
      file.state ? json{{"database", file.state->database}, {"seq", file.state->seq}, {"chain", hex(file.state->chain)}}
                 : json();
  return {{"format", plan_format},
          {"kind", plan_kind},
          {"strata", file.strata_version},
          {"target", file.target},
          {"options",
           {{"to", file.options.to ? json(file.options.to->text()) : json()},
            {"allow_out_of_order", file.options.allow_out_of_order}}},
          {"state", state},
          {"modules", std::move(modules)},
          {"adopted", std::move(adopted)},
          {"accepted", std::move(accepted)},
          {"steps", std::move(steps)}};
}

std::string compact(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string whole_text(const PlanFile& file) {
  json signatures = json::array();
  for (const auto& signature : file.signatures)
    signatures.push_back({{"key", hex(signature.key)}, {"signature", base64(signature.signature)}});
  return std::string(head) + signed_text(file) + ",\"signatures\":" + compact(signatures) + "}\n";
}

// Refused before the parser builds a tree of it.
bool is_nested_deeper(std::string_view text, int most) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      if (++depth > most) return true;
    } else if (!in_string && (c == '}' || c == ']')) {
      --depth;
    }
  }
  return false;
}

// May stand in a line that people read.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= most_name_bytes && printable(text) == text &&
         text.find_first_of("\n\t") == std::string::npos;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : std::string_view("0123456789abcdef").find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

// Takes the document apart. What it returns is still to be held against the text: only the same bytes are a plan.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  tl::unexpected<Error> bad(const std::string& what) const {
    return fail(ErrorCode::bad_plan, path_ + " is no plan that strata can use: " + what,
                "make it anew: strata plan --out FILE");
  }

  // An object with these keys and no others.
  Result<void> check_keys(const json& value, const std::string& name,
                          std::initializer_list<std::string_view> keys) const {
    if (!value.is_object()) return bad(name + " must be an object");
    for (const auto& [key, ignored] : value.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        return bad("unknown key '" + one_line(key, 60) + "' in " + name);
    }
    for (const auto key : keys) {
      if (!value.contains(key)) return bad(name + " lacks '" + std::string(key) + "'");
    }
    return {};
  }

  Result<std::string> name(const json& object, const char* key) const {
    const auto& value = object.at(key);
    if (!value.is_string() || !is_name(value.get_ref<const std::string&>()))
      return bad(std::string(key) + " must be a name of at most " + std::to_string(most_name_bytes) + " bytes");
    return value.get<std::string>();
  }

  Result<MigrationId> id(const json& object, const char* key) const {
    STRATA_TRY(const auto text, name(object, key));
    auto id = parse_migration_id(text);
    if (!id) return bad("'" + text + "' is no migration's id (module/name)");
    return std::move(*id);
  }

  Result<Digest> digest(const json& object, const char* key) const {
    const auto& value = object.at(key);
    const auto digest = value.is_string() ? digest_from_hex(value.get_ref<const std::string&>()) : std::nullopt;
    if (!digest) return bad(std::string(key) + " must be 64 hexadecimal digits");
    return *digest;
  }

  Result<bool> boolean(const json& object, const char* key) const {
    const auto& value = object.at(key);
    if (!value.is_boolean()) return bad(std::string(key) + " must be true or false");
    return value.get<bool>();
  }

  Result<std::uint64_t> number(const json& object, const char* key, std::uint64_t most) const {
    const auto& value = object.at(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
      return bad(std::string(key) + " must be a whole number up to " + std::to_string(most));
    return value.get<std::uint64_t>();
  }

  // `read` takes one element of the list apart.
  template <typename T, typename Read>
  Result<std::vector<T>> list(const json& object, const char* key, Read read) const {
    const auto& value = object.at(key);
    if (!value.is_array()) return bad(std::string(key) + " must be a list");
    std::vector<T> all;
    for (const auto& item : value) {
      STRATA_TRY(auto one, read(item));
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  const std::string& path_;
};

Result<PlannedState> read_state(const Reader& reader, const json& value) {
  STRATA_CHECK(reader.check_keys(value, "state", {"database", "seq", "chain"}));
  PlannedState state;
  STRATA_TRY(state.database, reader.name(value, "database"));
  if (!is_uuid(state.database)) return reader.bad("database must be a UUID in lower case");
  STRATA_TRY(state.seq, reader.number(value, "seq", std::uint64_t{1} << 53));
  if (state.seq == 0) return reader.bad("seq must be at least 1");
  STRATA_TRY(state.chain, reader.digest(value, "chain"));
  return state;
}

Result<PlannedModule> read_module(const Reader& reader, const json& value) {
  STRATA_CHECK(reader.check_keys(value, "a module", {"id", "version", "digest", "library"}));
  PlannedModule module;
  STRATA_TRY(module.id, reader.name(value, "id"));
  STRATA_TRY(module.version, reader.name(value, "version"));
  if (!is_module_id(module.id) || !parse_version(module.version))
    return reader.bad("'" + module.id + " " + module.version + "' is no module's id and version");
  STRATA_TRY(module.digest, reader.digest(value, "digest"));
  if (!value.at("library").is_null()) {
    STRATA_TRY(module.library, reader.digest(value, "library"));
  }
  return module;
}

Result<PlannedAdoption> read_adoption(const Reader& reader, const json& value) {
  STRATA_CHECK(reader.check_keys(value, "an adoption", {"id", "sha256"}));
  PlannedAdoption adoption;
  STRATA_TRY(adoption.id, reader.id(value, "id"));
  STRATA_TRY(adoption.sha256, reader.digest(value, "sha256"));
  return adoption;
}

Result<PlannedAcceptance> read_acceptance(const Reader& reader, const json& value) {
  STRATA_CHECK(reader.check_keys(value, "an accepted change", {"id", "before", "after"}));
  PlannedAcceptance change;
  STRATA_TRY(change.id, reader.id(value, "id"));
  STRATA_TRY(change.before, reader.digest(value, "before"));
  STRATA_TRY(change.after, reader.digest(value, "after"));
  return change;
}

Result<PlannedStep> read_step(const Reader& reader, const json& value) {
  STRATA_CHECK(
      reader.check_keys(value, "a step", {"id", "sha256", "resume_at", "reason", "transactional", "out_of_order"}));
  PlannedStep step;
  STRATA_TRY(step.id, reader.id(value, "id"));
  STRATA_TRY(step.sha256, reader.digest(value, "sha256"));
  STRATA_TRY(step.resume_at, reader.number(value, "resume_at", 1'000'000'000));
  STRATA_TRY(const auto reason, reader.name(value, "reason"));
  const auto known =
      std::find_if(all_reasons.begin(), all_reasons.end(), [&](StepReason one) { return describe(one) == reason; });
  if (known == all_reasons.end()) return reader.bad("'" + reason + "' is no reason for a step");
  step.reason = *known;
  STRATA_TRY(step.transactional, reader.boolean(value, "transactional"));
  STRATA_TRY(step.out_of_order, reader.boolean(value, "out_of_order"));
  return step;
}

Result<PlanSignature> read_signature(const Reader& reader, const json& value) {
  STRATA_CHECK(reader.check_keys(value, "a signature", {"key", "signature"}));
  PlanSignature signature;
  STRATA_TRY(signature.key, reader.digest(value, "key"));
  const auto& text = value.at("signature");
  const auto bytes = text.is_string() ? signature_from_base64(text.get_ref<const std::string&>()) : std::nullopt;
  if (!bytes) return reader.bad("signature must be 64 bytes in base64");
  signature.signature = *bytes;
  return signature;
}

Result<PlanFile> read_document(const Reader& reader, const json& document) {
  const auto read_with = [&reader](auto read) {
    return [&reader, read](const json& item) { return read(reader, item); };
  };
  STRATA_CHECK(reader.check_keys(document, "the file", {"plan", "signatures"}));
  const auto& plan = document.at("plan");
  if (plan.is_object() && plan.contains("format") && plan.at("format") != plan_format) {
    const auto& format = plan.at("format");
    return reader.bad("it has format " + (format.is_number() ? format.dump() : std::string("?")) +
                      ", and this strata reads format 1");
  }
  STRATA_CHECK(reader.check_keys(
      plan, "plan",
      {"format", "kind", "strata", "target", "options", "state", "modules", "adopted", "accepted", "steps"}));
  if (plan.at("kind") != plan_kind) return reader.bad("its kind is not '" + std::string(plan_kind) + "'");
  PlanFile file;
  STRATA_TRY(file.strata_version, reader.name(plan, "strata"));
  STRATA_TRY(file.target, reader.name(plan, "target"));
  const auto& options = plan.at("options");
  STRATA_CHECK(reader.check_keys(options, "options", {"to", "allow_out_of_order"}));
  if (!options.at("to").is_null()) {
    STRATA_TRY(file.options.to, reader.id(options, "to"));
  }
  STRATA_TRY(file.options.allow_out_of_order, reader.boolean(options, "allow_out_of_order"));
  if (!plan.at("state").is_null()) {
    STRATA_TRY(file.state, read_state(reader, plan.at("state")));
  }
  STRATA_TRY(file.modules, reader.list<PlannedModule>(plan, "modules", read_with(read_module)));
  STRATA_TRY(file.adopted, reader.list<PlannedAdoption>(plan, "adopted", read_with(read_adoption)));
  STRATA_TRY(file.accepted, reader.list<PlannedAcceptance>(plan, "accepted", read_with(read_acceptance)));
  STRATA_TRY(file.steps, reader.list<PlannedStep>(plan, "steps", read_with(read_step)));
  STRATA_TRY(file.signatures, reader.list<PlanSignature>(document, "signatures", read_with(read_signature)));
  const auto ascends = [](const auto& list, auto of) {
    return std::adjacent_find(list.begin(), list.end(),
                              [&](const auto& a, const auto& b) { return !(of(a) < of(b)); }) == list.end();
  };
  if (!ascends(
          file.modules, [](const auto& module) -> const auto& { return module.id; }) ||
      !ascends(
          file.signatures, [](const auto& signature) -> const auto& { return signature.key; }))
    return reader.bad("its modules or signatures are out of order, or there twice");
  std::set<MigrationId> ids;
  for (const auto& step : file.steps) {
    if (!ids.insert(step.id).second) return reader.bad("it has the step " + step.id.text() + " twice");
  }
  return file;
}

std::string described(const PlannedStep& step) {
  return describe(step.reason) +
         (step.reason == StepReason::continues ? " at statement " + std::to_string(step.resume_at + 1) : "") +
         (step.out_of_order ? ", out of order" : "") + (step.transactional ? ", transaction" : ", no transaction");
}

PlannedStep planned(const Step& step) {
  return {step.migration->id, step.migration->sha256,     step.resume_at,
          step.reason,        step.runs_in_transaction(), step.out_of_order};
}

std::string expected_and_found(const Digest& expected, const Digest& found) {
  return "expected sha256 " + hex(expected) + ", found " + hex(found);
}

// The migrations whose change in comments or blanks the plan accepts.
void compare_accepted(const PlanFile& file, const Plan& now, const std::set<MigrationId>& begun,
                      std::vector<std::string>& findings) {
  for (const auto& change : file.accepted) {
    const auto is_it = [&](const AcceptedChange& one) { return one.migration->id == change.id; };
    const auto found = std::find_if(now.accepted.begin(), now.accepted.end(), is_it);
    const auto what = change.id.text() + ", whose changed comments or blanks the plan accepts, ";
    if (found == now.accepted.end()) {
      if (begun.count(change.id) == 0) findings.push_back(what + "is not changed here");
    } else if (found->migration->sha256 != change.after) {
      findings.push_back(what + "is another text here: " + expected_and_found(change.after, found->migration->sha256));
    } else if (found->before != change.before) {
      findings.push_back(what +
                         "was applied here as another text: " + expected_and_found(change.before, found->before));
    }
  }
  for (const auto& change : now.accepted) {
    const auto is_it = [&](const PlannedAcceptance& one) { return one.id == change.migration->id; };
    if (std::none_of(file.accepted.begin(), file.accepted.end(), is_it))
      findings.push_back(change.migration->id.text() +
                         ": its comments or blanks were changed, which the plan does not know");
  }
}

}  // namespace

PlanFile plan_file_of(const Plan& plan, const Catalog& catalog) {
  PlanFile file;
  for (const auto& module : catalog.modules())
    file.modules.push_back({module.id, module.version.text(), module.digest, module.library});
  std::sort(file.modules.begin(), file.modules.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const auto& change : plan.accepted)
    file.accepted.push_back({change.migration->id, change.before, change.migration->sha256});
  for (const auto& step : plan.steps) file.steps.push_back(planned(step));
  return file;
}

std::string signed_text(const PlanFile& file) {
  return compact(to_json(file)) + "\n";
}

Digest digest_of(const PlanFile& file) {
  return sha256(signed_text(file));
}

void sign(PlanFile& file, const PrivateKey& key) {
  std::erase_if(file.signatures, [&](const auto& signature) { return signature.key == key.id(); });
  file.signatures.push_back({key.id(), key.sign(signed_text(file))});
  std::sort(file.signatures.begin(), file.signatures.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
}

Result<std::string> write_plan_file(const PlanFile& file) {
  if (!is_name(file.target))
    return fail(ErrorCode::bad_plan, "a plan file cannot name the target '" + printable(file.target) + "'",
                "give it a name of printable characters");
  auto text = whole_text(file);
  STRATA_CHECK(read_plan_file(text, file.path));
  return text;
}

Result<PlanFile> read_plan_file(std::string_view text, const std::string& path) {
  const Reader reader(path);
  if (text.size() > most_plan_bytes)
    return reader.bad("it is larger than " + std::to_string(most_plan_bytes >> 20) + " MiB");
  if (text.substr(0, head.size()) != head) return reader.bad("it does not begin like one");
  if (is_nested_deeper(text, deepest)) return reader.bad("it is nested deeper than a plan is");
  const auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return reader.bad("it is no JSON");
  STRATA_TRY(auto file, read_document(reader, document));
  file.path = path;
  if (whole_text(file) != text) return reader.bad("it is not written as strata writes it, so it was changed");
  return file;
}

Result<void> require_signature(const PlanFile& file, const std::vector<PublicKey>& keys) {
  const auto text = signed_text(file);
  const auto refused = [&](const std::string& what, const std::string& next) {
    return fail(ErrorCode::not_permitted, file.path + what, next);
  };
  if (file.signatures.empty())
    return refused(" is not signed, and --require-signature asks for a signature",
                   "strata plan --out FILE --sign KEY.pem signs");
  std::string signers;
  for (const auto& signature : file.signatures) {
    signers += "\n  signed by     " + hex(signature.key);
    const auto of = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.id() == signature.key; });
    if (of == keys.end()) continue;
    if (of->verifies(text, signature.signature)) return {};
    return refused(
        ": the signature of key " + hex(of->id()) + " is not of this plan: it was changed after it was signed",
        "fetch it anew from whoever signed it");
  }
  std::string wanted;
  for (const auto& key : keys) wanted += "\n  asked for     " + hex(key.id());
  return refused(" is signed, but by none of the keys that --require-signature names:" + signers + wanted,
                 "have it signed with a key that is trusted here, or name the signer's: --require-signature PUB.pem");
}

std::vector<std::string> differing_modules(const PlanFile& file, const std::vector<Module>& modules) {
  std::vector<std::string> findings;
  for (const auto& planned : file.modules) {
    const auto found =
        std::find_if(modules.begin(), modules.end(), [&](const Module& module) { return module.id == planned.id; });
    if (found == modules.end()) {
      findings.push_back(planned.id + " " + planned.version + " is gone");
    } else if (found->digest != planned.digest) {
      findings.push_back(planned.id + " (" + found->path + "): expected " + planned.version + ", digest " +
                         hex(planned.digest) + "; found " + found->version.text() + ", digest " + hex(found->digest));
    } else if (planned.library && found->library && *planned.library != *found->library) {
      findings.push_back(planned.id + " (" + found->path + "): expected a library with SHA-256 " +
                         hex(*planned.library) + ", found " + hex(*found->library));
    }
  }
  for (const auto& module : modules) {
    if (std::none_of(file.modules.begin(), file.modules.end(), [&](const auto& one) { return one.id == module.id; }))
      findings.push_back(module.id + " " + module.version.text() + " (" + module.path + ") is new: digest " +
                         hex(module.digest));
  }
  return findings;
}

std::vector<std::string> differing_steps(const PlanFile& file, const Plan& now, const Catalog& catalog,
                                         const std::set<MigrationId>& begun) {
  std::vector<std::string> findings;
  std::vector<MigrationId> left;
  std::set<MigrationId> known;
  std::map<MigrationId, const Step*> pending_steps;
  for (const auto& step : now.steps) pending_steps.emplace(step.migration->id, &step);
  std::size_t number = 0;
  for (const auto& step : file.steps) {
    known.insert(step.id);
    const auto named = "step " + std::to_string(++number) + ", " + step.id.text();
    const auto* migration = catalog.find(step.id);
    const auto found = pending_steps.find(step.id);
    const bool ours = begun.count(step.id) != 0;
    if (migration == nullptr) {
      findings.push_back(named + ", is gone: no module contributes it");
    } else if (migration->sha256 != step.sha256) {
      findings.push_back(named + ", has another text: " + expected_and_found(step.sha256, migration->sha256));
    } else if (found == pending_steps.end()) {
      if (!ours) findings.push_back(named + ", has nothing to do any more");
    } else {
      left.push_back(step.id);
      const auto there = planned(*found->second);
      if (!ours && described(step) != described(there))
        findings.push_back(named + ": expected " + described(step) + "; found " + described(there));
    }
  }
  std::vector<MigrationId> pending;
  for (const auto& step : now.steps) {
    if (known.count(step.migration->id) == 0) {
      findings.push_back(step.migration->id.text() + " is new: it is not in the plan");
    } else {
      pending.push_back(step.migration->id);
    }
  }
  compare_accepted(file, now, begun, findings);
  if (findings.empty() && left != pending) {
    const auto [expected, there] = std::mismatch(left.begin(), left.end(), pending.begin());
    findings.push_back("the order is another: expected " + expected->text() + " next, found " + there->text());
  }
  return findings;
}

}  // namespace strata
