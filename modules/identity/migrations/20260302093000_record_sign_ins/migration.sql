-- Lock-out after repeated failures was counted in the web servers' memory, so an attacker got one allowance per
-- server. Counting here makes it one allowance.
CREATE TABLE identity.sign_in_attempt (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The address as typed: most failed attempts belong to no account.
    email        public.email_address NOT NULL,
    user_id      uuid REFERENCES identity.user_account (id),
    attempted_at timestamptz NOT NULL DEFAULT now(),
    succeeded    boolean NOT NULL,
    client_ip    inet,
    CONSTRAINT sign_in_attempt_success_has_user CHECK (NOT succeeded OR user_id IS NOT NULL)
);

-- Successes outnumber failures a hundred to one, and only failures are counted.
CREATE INDEX sign_in_attempt_failed_idx ON identity.sign_in_attempt (email, attempted_at DESC)
    WHERE NOT succeeded;
CREATE INDEX sign_in_attempt_user_id_idx ON identity.sign_in_attempt (user_id, attempted_at DESC)
    WHERE user_id IS NOT NULL;
