-- strata: needs base/20260102100000_touch_updated_at
-- strata: needs base/20260119083000_audit_log
-- strata: needs identity/20260105090000_create_users
-- strata: needs cases/20260107103000_create_cases
CREATE TYPE payments.payment_status AS ENUM ('initiated', 'succeeded', 'failed', 'cancelled');
CREATE TYPE payments.payment_method AS ENUM ('card', 'bank_transfer', 'cheque');

CREATE TABLE payments.payment (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id           uuid NOT NULL REFERENCES cases.case_file (id),
    fee_code          text NOT NULL REFERENCES payments.fee (code),
    payer_id          uuid REFERENCES identity.user_account (id),
    -- A copy, not a look-up: what was charged stays true when the fee changes.
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

-- A double click must not pay twice.
CREATE UNIQUE INDEX payment_in_flight_key ON payments.payment (case_id, fee_code) WHERE status = 'initiated';
CREATE UNIQUE INDEX payment_gateway_reference_key ON payments.payment (gateway_reference)
    WHERE gateway_reference IS NOT NULL;

CREATE TRIGGER payment_touch BEFORE UPDATE ON payments.payment
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
CREATE TRIGGER payment_audit AFTER INSERT OR UPDATE OR DELETE ON payments.payment
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

-- The gateway calls back at least once, often more. The digest makes a repeated callback a conflict that the
-- service may ignore, without comparing bodies.
CREATE TABLE payments.gateway_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id  uuid NOT NULL REFERENCES payments.payment (id),
    received_at timestamptz NOT NULL DEFAULT now(),
    body        jsonb NOT NULL,
    body_digest bytea GENERATED ALWAYS AS (public.digest(body::text, 'sha256')) STORED,
    CONSTRAINT gateway_event_once UNIQUE (payment_id, body_digest)
);
