-- Addresses that bounced for good. Stored as a digest: the list outlives the account it came from, and must not
-- become a second register of people's addresses.
-- strata: needs base/20260102090000_extensions
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
