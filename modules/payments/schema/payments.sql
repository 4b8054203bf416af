-- The schema of module payments as it should be.

CREATE SCHEMA payments;
COMMENT ON SCHEMA payments IS 'Fees, payments, refunds, reconciliation. Owned by Fees and pay.';

CREATE TABLE payments.fee (
    code        text PRIMARY KEY CHECK (code ~ '^FEE[0-9]{4}$'),
    case_type   text NOT NULL REFERENCES cases.case_type (code),
    description text NOT NULL
);

CREATE TABLE payments.fee_amount (
    fee_code text NOT NULL REFERENCES payments.fee (code),
    amount   public.pence NOT NULL,
    in_force daterange NOT NULL,
    CONSTRAINT fee_amount_period_not_empty CHECK (NOT isempty(in_force)),
    CONSTRAINT fee_amount_one_price_a_day EXCLUDE USING gist (fee_code WITH =, in_force WITH &&)
);

CREATE FUNCTION payments.fee_in_force(fee text, on_day date) RETURNS public.pence
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.amount
    FROM payments.fee_amount AS a
    WHERE a.fee_code = fee
      AND a.in_force @> on_day;
END;
COMMENT ON FUNCTION payments.fee_in_force(text, date) IS 'The price of a fee on a day; null if it was not charged then.';

CREATE TYPE payments.payment_status AS ENUM ('initiated', 'succeeded', 'charged_back', 'failed', 'cancelled');
CREATE TYPE payments.payment_method AS ENUM ('card', 'bank_transfer', 'cheque');

CREATE TABLE payments.payment (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id           uuid NOT NULL REFERENCES cases.case_file (id),
    fee_code          text NOT NULL REFERENCES payments.fee (code),
    payer_id          uuid REFERENCES identity.user_account (id),
    amount            public.pence NOT NULL CHECK (amount > 0),
    method            payments.payment_method NOT NULL,
    status            payments.payment_status NOT NULL DEFAULT 'initiated',
    gateway_reference text,
    settled_at        timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payment_success_is_settled CHECK (status <> 'succeeded' OR settled_at IS NOT NULL)
);
COMMENT ON COLUMN payments.payment.payer_id IS 'Null for a cheque in an envelope: anybody may have written it.';

CREATE INDEX payment_case_id_idx ON payments.payment (case_id);
CREATE INDEX payment_payer_id_idx ON payments.payment (payer_id) WHERE payer_id IS NOT NULL;
CREATE UNIQUE INDEX payment_in_flight_key ON payments.payment (case_id, fee_code) WHERE status = 'initiated';
CREATE UNIQUE INDEX payment_gateway_reference_key ON payments.payment (gateway_reference)
    WHERE gateway_reference IS NOT NULL;
CREATE INDEX payment_charged_back_idx ON payments.payment (updated_at) WHERE status = 'charged_back';

CREATE TRIGGER payment_touch BEFORE UPDATE ON payments.payment
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
CREATE TRIGGER payment_audit AFTER INSERT OR UPDATE OR DELETE ON payments.payment
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

CREATE TABLE payments.gateway_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id  uuid NOT NULL REFERENCES payments.payment (id),
    received_at timestamptz NOT NULL DEFAULT now(),
    body        jsonb NOT NULL,
    body_digest bytea GENERATED ALWAYS AS (public.digest(body::text, 'sha256')) STORED,
    CONSTRAINT gateway_event_once UNIQUE (payment_id, body_digest)
);

CREATE TABLE payments.refund (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_id   uuid NOT NULL REFERENCES payments.payment (id),
    amount       public.pence NOT NULL CHECK (amount > 0),
    reason       text NOT NULL,
    requested_by uuid NOT NULL REFERENCES identity.user_account (id),
    approved_by  uuid REFERENCES identity.user_account (id),
    approved_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refund_four_eyes CHECK (approved_by <> requested_by),
    CONSTRAINT refund_approval_complete CHECK (num_nonnulls(approved_by, approved_at) IN (0, 2))
);

CREATE INDEX refund_payment_id_idx ON payments.refund (payment_id);
CREATE INDEX refund_waiting_idx ON payments.refund (created_at) WHERE approved_at IS NULL;

CREATE FUNCTION payments.check_refund_total() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
    paid     bigint;
    refunded bigint;
BEGIN
    -- The row lock makes two refunds of one payment wait for each other; without it both see only themselves.
    SELECT p.amount INTO paid FROM payments.payment AS p WHERE p.id = NEW.payment_id FOR UPDATE;
    SELECT sum(r.amount) INTO refunded FROM payments.refund AS r WHERE r.payment_id = NEW.payment_id;

    IF refunded > paid THEN
        RAISE EXCEPTION 'refunds of % pence exceed the payment of % pence', refunded, paid
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER refund_total AFTER INSERT OR UPDATE OF amount, payment_id ON payments.refund
    FOR EACH ROW EXECUTE FUNCTION payments.check_refund_total();
CREATE TRIGGER refund_audit AFTER INSERT OR UPDATE OR DELETE ON payments.refund
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

CREATE TABLE payments.remission (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id              uuid NOT NULL REFERENCES cases.case_file (id),
    fee_code             text NOT NULL REFERENCES payments.fee (code),
    evidence_document_id uuid NOT NULL REFERENCES cases.document (id),
    percent              smallint NOT NULL CHECK (percent BETWEEN 1 AND 100),
    granted_by           uuid NOT NULL REFERENCES identity.user_account (id),
    granted_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT remission_once_per_fee UNIQUE (case_id, fee_code)
);

CREATE INDEX remission_evidence_document_id_idx ON payments.remission (evidence_document_id);

CREATE TRIGGER remission_audit AFTER INSERT OR UPDATE OR DELETE ON payments.remission
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

CREATE TABLE payments.reconciliation_batch (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider         text NOT NULL,
    statement_date   date NOT NULL,
    expected         public.pence NOT NULL,
    received         public.pence NOT NULL,
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
CREATE INDEX reconciliation_line_unmatched_idx
    ON payments.reconciliation_line (upper(regexp_replace(bank_reference, '[^A-Za-z0-9]', '', 'g')))
    WHERE payment_id IS NULL;
