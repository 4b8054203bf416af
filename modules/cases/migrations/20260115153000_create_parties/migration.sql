-- strata: needs base/20260102093000_shared_types
-- strata: needs identity/20260112101500_create_organisations
CREATE TYPE cases.party_role AS ENUM ('applicant', 'respondent', 'representative', 'interested_party');

-- A party is a person with an account, an organisation, or somebody we only know by name and address: a landlord
-- who is named in a claim has not asked to have an account.
CREATE TABLE cases.party (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id         uuid NOT NULL REFERENCES cases.case_file (id) ON DELETE CASCADE,
    role            cases.party_role NOT NULL,
    user_id         uuid REFERENCES identity.user_account (id),
    organisation_id uuid REFERENCES identity.organisation (id),
    named           text,
    contact_email   public.email_address,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT party_is_exactly_one_thing CHECK (num_nonnulls(user_id, organisation_id, named) = 1)
);

CREATE INDEX party_case_id_idx ON cases.party (case_id);
CREATE INDEX party_user_id_idx ON cases.party (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX party_organisation_id_idx ON cases.party (organisation_id) WHERE organisation_id IS NOT NULL;

-- There may be several respondents, but one person or firm is behind the application.
CREATE UNIQUE INDEX party_one_applicant_key ON cases.party (case_id) WHERE role = 'applicant';
