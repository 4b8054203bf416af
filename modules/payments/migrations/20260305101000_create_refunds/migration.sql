CREATE TABLE payments.refund (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_id   uuid NOT NULL REFERENCES payments.payment (id),
    amount       public.pence NOT NULL CHECK (amount > 0),
    reason       text NOT NULL,
    requested_by uuid NOT NULL REFERENCES identity.user_account (id),
    approved_by  uuid REFERENCES identity.user_account (id),
    approved_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- Audit finding 2025/17: nobody approves their own refund.
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
