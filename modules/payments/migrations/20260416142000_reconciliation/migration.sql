-- The bank sends one statement per day and provider. Lines that match no payment are kept as they came: most are
-- a citizen's typing error in the reference, found days later.
CREATE TABLE payments.reconciliation_batch (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider         text NOT NULL,
    statement_date   date NOT NULL,
    expected         public.pence NOT NULL,
    received         public.pence NOT NULL,
    -- bigint on purpose: less than nothing is what we are looking for.
    difference_pence bigint GENERATED ALWAYS AS (received::bigint - expected::bigint) STORED,
    imported_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reconciliation_batch_once UNIQUE (provider, statement_date)
);

CREATE INDEX reconciliation_batch_open_idx ON payments.reconciliation_batch (statement_date)
    WHERE difference_pence <> 0;

CREATE TABLE payments.reconciliation_line (
    batch_id       integer NOT NULL REFERENCES payments.reconciliation_batch (id) ON DELETE CASCADE,
    line_no        integer NOT NULL CHECK (line_no > 0),
    bank_reference text NOT NULL,
    amount         public.pence NOT NULL,
    payment_id     uuid REFERENCES payments.payment (id),
    PRIMARY KEY (batch_id, line_no)
);

CREATE INDEX reconciliation_line_payment_id_idx ON payments.reconciliation_line (payment_id)
    WHERE payment_id IS NOT NULL;
-- Finance looks for a reference as people misspell it: spaces, dashes and case do not count.
CREATE INDEX reconciliation_line_unmatched_idx
    ON payments.reconciliation_line (upper(regexp_replace(bank_reference, '[^A-Za-z0-9]', '', 'g')))
    WHERE payment_id IS NULL;
