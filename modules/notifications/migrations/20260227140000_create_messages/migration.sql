-- strata: needs base/20260102093000_shared_types
-- strata: needs cases/20260107103000_create_cases
CREATE TABLE notifications.message (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    template_key     text NOT NULL,
    template_version integer NOT NULL,
    user_id          uuid REFERENCES identity.user_account (id),
    case_id          uuid REFERENCES cases.case_file (id),
    -- For people without an account. With one, the account's address at the time of sending is used.
    address          public.email_address,
    personalisation  jsonb NOT NULL DEFAULT '{}',
    -- Made by the caller from what the message is about, so that a retried request sends nothing twice.
    idempotency_key  text NOT NULL UNIQUE,
    requested_at     timestamptz NOT NULL DEFAULT now(),
    sent_at          timestamptz,
    FOREIGN KEY (template_key, template_version) REFERENCES notifications.template_version (template_key, version),
    CONSTRAINT message_has_recipient CHECK (num_nonnulls(user_id, address) = 1)
);

-- The sender's queue.
CREATE INDEX message_unsent_idx ON notifications.message (requested_at) WHERE sent_at IS NULL;
CREATE INDEX message_case_id_idx ON notifications.message (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX message_user_id_idx ON notifications.message (user_id) WHERE user_id IS NOT NULL;
