-- There is no default partition here: an attempt that fits nowhere should fail loudly and be tried again, rather
-- than land where no clean-up finds it. So the months must be there in time.
-- strata: lock-timeout 2s
CREATE TABLE notifications.delivery_2026_09 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-09-01 00:00+00') TO ('2026-10-01 00:00+00');
CREATE TABLE notifications.delivery_2026_10 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00');
CREATE TABLE notifications.delivery_2026_11 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00');
CREATE TABLE notifications.delivery_2026_12 PARTITION OF notifications.delivery
    FOR VALUES FROM ('2026-12-01 00:00+00') TO ('2027-01-01 00:00+00');
