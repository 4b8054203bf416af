-- strata: needs base/20260102093000_shared_types
-- strata: needs base/20260102100000_touch_updated_at
CREATE SCHEMA identity;
COMMENT ON SCHEMA identity IS 'Accounts, organisations, roles. Owned by Accounts and access.';

CREATE TYPE identity.account_status AS ENUM ('invited', 'active', 'suspended');

CREATE TABLE identity.user_account (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email             public.email_address NOT NULL,
    full_name         text NOT NULL CHECK (full_name <> ''),
    -- The old system's user name. Kept until its last user has signed in here once.
    legacy_login      text,
    status            identity.account_status NOT NULL DEFAULT 'invited',
    last_signed_in_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_account_email_key UNIQUE (email)
);
COMMENT ON TABLE identity.user_account IS
    'One row per person who can sign in, citizen or staff. Never deleted: cases and payments refer to it for years.';

CREATE TRIGGER user_account_touch BEFORE UPDATE ON identity.user_account
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
