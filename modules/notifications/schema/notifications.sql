-- The schema of module notifications as it should be.

CREATE SCHEMA notifications;
COMMENT ON SCHEMA notifications IS 'Templates, messages and their delivery. Owned by Letters and messages.';

CREATE TYPE notifications.channel AS ENUM ('email', 'sms', 'letter');
CREATE TYPE notifications.delivery_status AS ENUM ('sending', 'delivered', 'bounced', 'failed');

CREATE TABLE notifications.template (
    key        text PRIMARY KEY CHECK (key ~ '^[a-z]+(-[a-z]+)*$'),
    channel    notifications.channel NOT NULL,
    purpose    text NOT NULL,
    retired_at timestamptz
);

CREATE TABLE notifications.template_version (
    template_key text NOT NULL REFERENCES notifications.template (key),
    version      integer NOT NULL CHECK (version > 0),
    subject      text,
    body         text NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (template_key, version)
);

CREATE INDEX template_version_published_idx ON notifications.template_version (template_key, version DESC)
    WHERE published_at IS NOT NULL;

CREATE FUNCTION notifications.keep_published() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'version % of template "%" has been published and cannot be changed',
            OLD.version, OLD.template_key
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END;
$$;

CREATE TRIGGER template_version_keep_published BEFORE UPDATE OR DELETE ON notifications.template_version
    FOR EACH ROW EXECUTE FUNCTION notifications.keep_published();

CREATE TABLE notifications.preference (
    user_id      uuid NOT NULL REFERENCES identity.user_account (id),
    channel      notifications.channel NOT NULL,
    opted_out_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, channel)
);
COMMENT ON TABLE notifications.preference IS 'Opt-outs. Decisions are sent regardless; the law requires it.';

CREATE TABLE notifications.message (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    template_key     text NOT NULL,
    template_version integer NOT NULL,
    user_id          uuid REFERENCES identity.user_account (id),
    case_id          uuid REFERENCES cases.case_file (id),
    address          public.email_address,
    personalisation  jsonb NOT NULL DEFAULT '{}',
    idempotency_key  text NOT NULL UNIQUE,
    requested_at     timestamptz NOT NULL DEFAULT now(),
    sent_at          timestamptz,
    payment_id       uuid REFERENCES payments.payment (id),
    FOREIGN KEY (template_key, template_version) REFERENCES notifications.template_version (template_key, version),
    CONSTRAINT message_has_recipient CHECK (num_nonnulls(user_id, address) = 1)
);

CREATE INDEX message_unsent_idx ON notifications.message (requested_at) WHERE sent_at IS NULL;
CREATE INDEX message_case_id_idx ON notifications.message (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX message_user_id_idx ON notifications.message (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE notifications.delivery (
    message_id         uuid NOT NULL REFERENCES notifications.message (id),
    attempted_at       timestamptz NOT NULL DEFAULT now(),
    attempt            smallint NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 5),
    channel            notifications.channel NOT NULL,
    status             notifications.delivery_status NOT NULL DEFAULT 'sending',
    provider_reference text,
    failure            text,
    PRIMARY KEY (message_id, attempted_at),
    CONSTRAINT delivery_failure_explained CHECK ((status IN ('bounced', 'failed')) = (failure IS NOT NULL))
) PARTITION BY RANGE (attempted_at);

CREATE INDEX delivery_provider_reference_idx ON notifications.delivery (provider_reference)
    WHERE provider_reference IS NOT NULL;

CREATE TABLE notifications.delivery_2026_03 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
CREATE TABLE notifications.delivery_2026_04 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-04-01 00:00+00') TO ('2026-05-01 00:00+00');
CREATE TABLE notifications.delivery_2026_05 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00');
CREATE TABLE notifications.delivery_2026_06 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-06-01 00:00+00') TO ('2026-07-01 00:00+00');
CREATE TABLE notifications.delivery_2026_07 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-07-01 00:00+00') TO ('2026-08-01 00:00+00');
CREATE TABLE notifications.delivery_2026_08 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-08-01 00:00+00') TO ('2026-09-01 00:00+00');
CREATE TABLE notifications.delivery_2026_09 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-09-01 00:00+00') TO ('2026-10-01 00:00+00');
CREATE TABLE notifications.delivery_2026_10 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00');
CREATE TABLE notifications.delivery_2026_11 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00');
CREATE TABLE notifications.delivery_2026_12 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-12-01 00:00+00') TO ('2027-01-01 00:00+00');

CREATE TABLE notifications.suppression (
    address_digest bytea NOT NULL CHECK (octet_length(address_digest) = 32),
    channel        notifications.channel NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('bounced', 'complaint', 'deceased')),
    suppressed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (address_digest, channel)
);

CREATE FUNCTION notifications.address_digest(address text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN public.digest(lower(trim(address)), 'sha256');
