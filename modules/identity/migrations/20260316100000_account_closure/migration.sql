-- The retention clock starts when an account is closed, so a closed account without a date would be kept for
-- ever. NOT VALID keeps the lock short; the old rows are checked in 20260330094000, without blocking sign-in.
-- strata: lock-timeout 2s
ALTER TABLE identity.user_account
    ADD COLUMN closed_at timestamptz,
    ADD CONSTRAINT user_account_closed_has_date
        CHECK ((status = 'closed') = (closed_at IS NOT NULL)) NOT VALID;
