#include "state/event.h"

#include "state/bytes.h"

namespace strata {

namespace {

constexpr std::uint8_t format = 0x01;

// The one list of fields: tag and member in the order in which they are written. Never renumber; new fields come last.
template <typename AnyEvent, typename Visitor>
void visit_fields(AnyEvent& event, Visitor& field) {
  field.always(1, event.kind);
  field.always(2, event.database);
  field(3, event.run);
  field.always(4, event.at_ms);
  field(5, event.subject);
  field(6, event.migration_kind);
  field(7, event.module_version);
  field(8, event.sha256);
  field(9, event.fingerprint);
  field(10, event.module_digest);
  field(11, event.position);
  field(12, event.statements_done);
  field(13, event.statements_total);
  field(14, event.elapsed_ms);
  field(15, event.sqlstate);
  field(16, event.note);
  field(17, event.actor);
  field(18, event.strata_version);
  field(19, event.subjects);
  field(20, event.ledger);
  field(21, event.intent_seq);
  field(22, event.intent_chain);
  field(23, event.postgres_seq);
  field(24, event.postgres_chain);
  field(25, event.measured);
}

class Encoder {
 public:
  void always(std::uint8_t tag, std::string_view bytes) {
    out_.push_back(static_cast<char>(tag));
    put_text(out_, bytes);
  }
  void always(std::uint8_t tag, std::int64_t number) {
    std::string bytes;
    put_number(bytes, number);
    always(tag, bytes);
  }
  void always(std::uint8_t tag, EventKind kind) { always(tag, static_cast<std::int64_t>(kind)); }

  void operator()(std::uint8_t tag, const std::string& text) {
    if (!text.empty()) always(tag, text);
  }
  void operator()(std::uint8_t tag, std::int64_t number) {
    if (number != 0) always(tag, number);
  }
  void operator()(std::uint8_t tag, const std::optional<Digest>& digest) {
    if (digest) always(tag, as_bytes(*digest));
  }
  void operator()(std::uint8_t tag, const std::vector<std::string>& texts) {
    for (const auto& text : texts) always(tag, text);
  }

  std::string finish() { return std::move(out_); }

 private:
  std::string out_ = std::string(1, static_cast<char>(format));
};

// Asks for the fields in their order, so that one in the wrong place, or twice, is simply left over at the end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : reader_(bytes) {
    if (!reader_.next_is(format)) {
      refuse("the format is not 1: written by a newer strata, or not an event");
    } else {
      reader_.take(1);
    }
  }

  void always(std::uint8_t tag, std::string& text) {
    if (const auto bytes = require(tag)) text = *bytes;
  }
  void always(std::uint8_t tag, std::int64_t& number) {
    if (const auto bytes = require(tag)) read(tag, *bytes, number);
  }
  void always(std::uint8_t tag, EventKind& kind) {
    std::int64_t number = 0;
    always(tag, number);
    kind = static_cast<EventKind>(number);
    const bool known = number == static_cast<std::uint8_t>(number) && *name_of(kind) != '\0';
    if (!known) refuse("kind " + std::to_string(number) + " is unknown: written by a newer strata?");
  }

  void operator()(std::uint8_t tag, std::string& text) {
    const auto bytes = take(tag);
    if (!bytes) return;
    text = *bytes;
    if (text.empty()) refuse(name(tag) + " is empty, and would have been left out");
  }
  void operator()(std::uint8_t tag, std::int64_t& number) {
    const auto bytes = take(tag);
    if (!bytes) return;
    read(tag, *bytes, number);
    if (number == 0) refuse(name(tag) + " is zero, and would have been left out");
  }
  void operator()(std::uint8_t tag, std::optional<Digest>& digest) {
    const auto bytes = take(tag);
    if (!bytes) return;
    digest = digest_from_bytes(*bytes);
    if (!digest) refuse(name(tag) + " has " + std::to_string(bytes->size()) + " bytes instead of 32");
  }
  void operator()(std::uint8_t tag, std::vector<std::string>& texts) {
    while (const auto bytes = take(tag)) texts.emplace_back(*bytes);
  }

  Result<void> finish() {
    if (!reader_.at_end()) refuse("a field is unknown, out of order or there twice");
    if (refusal_.empty()) return {};
    return fail(ErrorCode::bad_ledger, "not the encoding of an event: " + refusal_);
  }

 private:
  static std::string name(std::uint8_t tag) { return "field " + std::to_string(tag); }

  void refuse(const std::string& why) {
    if (refusal_.empty()) refusal_ = "byte " + std::to_string(reader_.offset()) + ": " + why;
  }
  std::optional<std::string_view> take(std::uint8_t tag) {
    if (!refusal_.empty() || !reader_.next_is(tag)) return std::nullopt;
    reader_.take(1);
    const auto bytes = reader_.take_text();
    if (!bytes) refuse(name(tag) + " is longer than what follows");
    return bytes;
  }
  std::optional<std::string_view> require(std::uint8_t tag) {
    const auto bytes = take(tag);
    if (!bytes) refuse(name(tag) + " is missing");
    return bytes;
  }
  void read(std::uint8_t tag, std::string_view bytes, std::int64_t& number) {
    if (bytes.size() != 8) return refuse(name(tag) + " has " + std::to_string(bytes.size()) + " bytes instead of 8");
    number = *ByteReader(bytes).take_number();
  }

  ByteReader reader_;
  std::string refusal_;
};

}  // namespace

const char* name_of(EventKind kind) {
  switch (kind) {
    case EventKind::genesis:
      return "genesis";
    case EventKind::applied:
      return "applied";
    case EventKind::started:
      return "started";
    case EventKind::step:
      return "step";
    case EventKind::failed:
      return "failed";
    case EventKind::in_doubt:
      return "in-doubt";
    case EventKind::resolved:
      return "resolved";
    case EventKind::adopted:
      return "adopted";
    case EventKind::reverted:
      return "reverted";
    case EventKind::checksum_accepted:
      return "checksum-accepted";
    case EventKind::intent:
      return "intent";
    case EventKind::outcome:
      return "outcome";
    case EventKind::anchor:
      return "anchor";
    case EventKind::imported:
      return "imported";
    case EventKind::refused:
      return "refused";
    case EventKind::observed:
      return "observed";
    case EventKind::snapshot:
      return "snapshot";
    case EventKind::drift:
      return "drift";
  }
  return "";  // a number that decode met and refuses
}

bool is_shared(EventKind kind) {
  return kind < EventKind::intent;
}

namespace {
constexpr std::string_view undone_by_prefix = "sha256 of down.sql: ";
}

std::optional<Digest> undone_by(const Event& event) {
  const std::string_view note = event.note;
  if (event.kind != EventKind::reverted || !note.starts_with(undone_by_prefix)) return std::nullopt;
  return digest_from_hex(note.substr(undone_by_prefix.size()));
}

std::string note_of_undoing(const Digest& down_sql) {
  return std::string(undone_by_prefix) + hex(down_sql);
}

std::string encode(const Event& event) {
  Encoder encoder;
  visit_fields(event, encoder);
  return encoder.finish();
}

Result<Event> decode(std::string_view bytes) {
  Event event;
  Decoder decoder(bytes);
  visit_fields(event, decoder);
  STRATA_CHECK(decoder.finish());
  return event;
}

Digest leaf_of(std::string_view encoding) {
  return sha256({std::string_view("\x00", 1), encoding});
}

Digest chain_of(const Digest& previous, const Digest& leaf) {
  return sha256({std::string_view("\x02", 1), as_bytes(previous), as_bytes(leaf)});
}

Digest first_chain_of(std::string_view uuid) {
  return sha256(uuid);
}

}  // namespace strata
