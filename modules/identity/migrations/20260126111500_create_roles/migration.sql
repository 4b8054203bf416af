-- strata: needs base/20260119083000_audit_log
CREATE TABLE identity.role (
    code        text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
    title       text NOT NULL,
    -- Staff roles are granted by a manager only, never by signing up.
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

-- The services name these codes in their source, so they are part of the schema, not data somebody enters.
INSERT INTO identity.role (code, title, is_staff) VALUES
    ('applicant',      'Applicant',              false),
    ('representative', 'Legal representative',   false),
    ('caseworker',     'Caseworker',             true),
    ('case_manager',   'Case manager',           true),
    ('decision_maker', 'Decision maker',         true),
    ('finance',        'Finance officer',        true),
    ('auditor',        'Auditor (read only)',    true);
