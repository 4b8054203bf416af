-- Notes are between staff; documents may be disclosed to the parties. Two tables, so that a query which forgets
-- to filter cannot disclose a note.
CREATE TABLE cases.note (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases.case_file (id) ON DELETE CASCADE,
    author_id  uuid NOT NULL REFERENCES identity.user_account (id),
    body       text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE cases.note IS 'Working notes of staff. Never shown to a party.';

CREATE INDEX note_case_id_idx ON cases.note (case_id, written_at DESC);

CREATE TABLE cases.document (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id       uuid NOT NULL REFERENCES cases.case_file (id),
    supplied_by   uuid REFERENCES cases.party (id) ON DELETE SET NULL,
    title         text NOT NULL,
    summary       text,
    object_key    text NOT NULL UNIQUE,
    sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
    received_at   timestamptz NOT NULL DEFAULT now(),
    -- Title before summary in weight: people search for the name on the paper in front of them.
    search        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', coalesce(summary, '')), 'B')
    ) STORED
);

CREATE INDEX document_search_idx ON cases.document USING gin (search);
CREATE INDEX document_supplied_by_idx ON cases.document (supplied_by) WHERE supplied_by IS NOT NULL;

-- The same scan sent twice is one document.
CREATE UNIQUE INDEX document_content_key ON cases.document (case_id, sha256);
