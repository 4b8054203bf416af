-- Some 40,000 rows a day, read for a month and then almost never. Partitioned, so that letting go of an old month
-- is a matter of detaching it, and its index stays out of the cache.
CREATE TYPE notifications.delivery_status AS ENUM ('sending', 'delivered', 'bounced', 'failed');

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

-- The provider reports back with its own reference only. Not unique: the key of a partitioned table must hold the
-- month, and the provider does not tell it.
CREATE INDEX delivery_provider_reference_idx ON notifications.delivery (provider_reference)
    WHERE provider_reference IS NOT NULL;
