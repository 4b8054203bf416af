-- Proof of address and of identity. The file is in the object store; we keep where, and whether it is safe to
-- open, because the scanner answers minutes after the upload.
CREATE TYPE onboarding.scan_result AS ENUM ('pending', 'clean', 'infected', 'unreadable');

CREATE TABLE onboarding.submission_document (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id text NOT NULL REFERENCES onboarding.onboarding_submission (id) ON DELETE CASCADE,
    file_name     text NOT NULL,
    -- Derived here so that the upload service, the viewer and the reports agree on what "a PDF" is.
    extension     text GENERATED ALWAYS AS (lower(substring(file_name FROM '\.([^.]+)$'))) STORED,
    object_key    text NOT NULL UNIQUE,
    byte_size     integer NOT NULL CHECK (byte_size BETWEEN 1 AND 20 * 1024 * 1024),
    scan          onboarding.scan_result NOT NULL DEFAULT 'pending',
    uploaded_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN onboarding.submission_document.object_key IS 'Key in the object store. Random, so that it tells nothing.';

CREATE INDEX submission_document_submission_id_idx ON onboarding.submission_document (submission_id);

-- The scanner's work list: a handful of rows out of all documents ever.
CREATE INDEX submission_document_pending_idx ON onboarding.submission_document (uploaded_at)
    WHERE scan = 'pending';
