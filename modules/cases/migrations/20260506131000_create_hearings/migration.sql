CREATE TYPE cases.hearing_format AS ENUM ('in_person', 'video', 'telephone', 'on_paper');

CREATE TABLE cases.hearing (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id   uuid NOT NULL REFERENCES cases.case_file (id),
    format    cases.hearing_format NOT NULL,
    room      text,
    slot      tstzrange NOT NULL,
    panel     uuid[] NOT NULL CHECK (cardinality(panel) BETWEEN 1 AND 3),
    vacated   boolean NOT NULL DEFAULT false,
    CONSTRAINT hearing_slot_bounded CHECK (NOT lower_inf(slot) AND NOT upper_inf(slot)),
    CONSTRAINT hearing_room_if_in_person CHECK ((format = 'in_person') = (room IS NOT NULL)),
    -- A vacated hearing gives its room back; the row stays because letters refer to it.
    CONSTRAINT hearing_room_free EXCLUDE USING gist (room WITH =, slot WITH &&) WHERE (NOT vacated)
);
COMMENT ON COLUMN cases.hearing.panel IS
    'Account ids, the chair first. An array, not a table: a panel is replaced as a whole or not at all.';

CREATE INDEX hearing_case_id_idx ON cases.hearing (case_id);
CREATE INDEX hearing_upcoming_idx ON cases.hearing (lower(slot)) WHERE NOT vacated;
