-- Representatives act for many people from one firm; their cases must survive a change of staff, so a case can
-- belong to the organisation instead of the person.
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

-- Registered names differ in case between sources; two rows for one firm split its cases.
CREATE UNIQUE INDEX organisation_name_key ON identity.organisation (lower(name));

CREATE TABLE identity.organisation_member (
    organisation_id uuid NOT NULL REFERENCES identity.organisation (id),
    user_id         uuid NOT NULL REFERENCES identity.user_account (id),
    is_contact      boolean NOT NULL DEFAULT false,
    joined_on       date NOT NULL DEFAULT current_date,
    left_on         date,
    PRIMARY KEY (organisation_id, user_id),
    CONSTRAINT organisation_member_leaves_after_joining CHECK (left_on >= joined_on)
);

-- Letters go to one person. Someone who has left cannot be it.
CREATE UNIQUE INDEX organisation_member_contact_key ON identity.organisation_member (organisation_id)
    WHERE is_contact AND left_on IS NULL;
CREATE INDEX organisation_member_user_id_idx ON identity.organisation_member (user_id);

CREATE TRIGGER organisation_touch BEFORE UPDATE ON identity.organisation
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
