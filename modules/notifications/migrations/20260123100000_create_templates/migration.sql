CREATE SCHEMA notifications;
COMMENT ON SCHEMA notifications IS 'Templates, messages and their delivery. Owned by Letters and messages.';

CREATE TYPE notifications.channel AS ENUM ('email', 'sms');

CREATE TABLE notifications.template (
    key        text PRIMARY KEY CHECK (key ~ '^[a-z]+(-[a-z]+)*$'),
    channel    notifications.channel NOT NULL,
    purpose    text NOT NULL,
    retired_at timestamptz
);

-- Wording is approved by the policy team. A version that has been published is what somebody may hold in their
-- hand, so a change is a new version.
CREATE TABLE notifications.template_version (
    template_key text NOT NULL REFERENCES notifications.template (key),
    version      integer NOT NULL CHECK (version > 0),
    subject      text,
    body         text NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (template_key, version)
);

-- The page of current wordings: the newest published version of each template.
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
