-- strata: needs identity/20260105090000_create_users
-- No row means "yes": people expect to hear about their own case. A row is the exception somebody asked for.
CREATE TABLE notifications.preference (
    user_id      uuid NOT NULL REFERENCES identity.user_account (id),
    channel      notifications.channel NOT NULL,
    opted_out_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, channel)
);
COMMENT ON TABLE notifications.preference IS 'Opt-outs. Decisions are sent regardless; the law requires it.';
