-- The schema of module identity as it should be. Migrations get a database here; this file says where "here" is.

CREATE SCHEMA identity;
COMMENT ON SCHEMA identity IS 'Accounts, organisations, roles. Owned by Accounts and access.';

CREATE TYPE identity.account_status AS ENUM ('invited', 'active', 'suspended', 'closed');

CREATE TABLE identity.user_account (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email             public.email_address NOT NULL,
    full_name         text NOT NULL CHECK (full_name <> ''),
    status            identity.account_status NOT NULL DEFAULT 'invited',
    last_signed_in_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    closed_at         timestamptz,
    CONSTRAINT user_account_email_key UNIQUE (email),
    CONSTRAINT user_account_closed_has_date CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
COMMENT ON TABLE identity.user_account IS
    'One row per person who can sign in, citizen or staff. Never deleted: cases and payments refer to it for years.';

CREATE INDEX user_account_full_name_trgm_idx
    ON identity.user_account USING gin (full_name public.gin_trgm_ops);

CREATE TRIGGER user_account_touch BEFORE UPDATE ON identity.user_account
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE identity.organisation (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL,
    register_number text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organisation_register_number_shape CHECK (register_number ~ '^[A-Z0-9]{8}$')
);
COMMENT ON COLUMN identity.organisation.register_number IS
    'Number in the companies register. Null for charities and councils, which are not in it.';

CREATE UNIQUE INDEX organisation_name_key ON identity.organisation (lower(name));

CREATE TRIGGER organisation_touch BEFORE UPDATE ON identity.organisation
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE identity.organisation_member (
    organisation_id uuid NOT NULL REFERENCES identity.organisation (id),
    user_id         uuid NOT NULL REFERENCES identity.user_account (id),
    is_contact      boolean NOT NULL DEFAULT false,
    joined_on       date NOT NULL DEFAULT current_date,
    left_on         date,
    PRIMARY KEY (organisation_id, user_id),
    CONSTRAINT organisation_member_leaves_after_joining CHECK (left_on >= joined_on)
);

CREATE UNIQUE INDEX organisation_member_contact_key ON identity.organisation_member (organisation_id)
    WHERE is_contact AND left_on IS NULL;
CREATE INDEX organisation_member_user_id_idx ON identity.organisation_member (user_id);

CREATE TABLE identity.role (
    code        text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
    title       text NOT NULL,
    is_staff    boolean NOT NULL
);

CREATE TABLE identity.user_role (
    user_id     uuid NOT NULL REFERENCES identity.user_account (id),
    role_code   text NOT NULL REFERENCES identity.role (code),
    granted_by  uuid REFERENCES identity.user_account (id),
    granted_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    PRIMARY KEY (user_id, role_code),
    CONSTRAINT user_role_expires_after_grant CHECK (expires_at > granted_at),
    CONSTRAINT user_role_not_self_granted CHECK (granted_by <> user_id)
);
COMMENT ON COLUMN identity.user_role.granted_by IS 'Null: granted by the system when the account was opened.';

CREATE INDEX user_role_role_code_idx ON identity.user_role (role_code);

CREATE TRIGGER user_role_audit AFTER INSERT OR UPDATE OR DELETE ON identity.user_role
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

CREATE TABLE identity.sign_in_attempt (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email        public.email_address NOT NULL,
    user_id      uuid REFERENCES identity.user_account (id),
    attempted_at timestamptz NOT NULL DEFAULT now(),
    succeeded    boolean NOT NULL,
    client_ip    inet,
    CONSTRAINT sign_in_attempt_success_has_user CHECK (NOT succeeded OR user_id IS NOT NULL)
);

CREATE INDEX sign_in_attempt_failed_idx ON identity.sign_in_attempt (email, attempted_at DESC)
    WHERE NOT succeeded;
CREATE INDEX sign_in_attempt_user_id_idx ON identity.sign_in_attempt (user_id, attempted_at DESC)
    WHERE user_id IS NOT NULL;
