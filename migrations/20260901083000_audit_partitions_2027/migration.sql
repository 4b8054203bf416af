-- The first quarter of 2027, a season early: by then the default partition would have to be scanned, under
-- lock, for rows that belong in the new ones.
-- strata: lock-timeout 2s
CREATE TABLE audit.row_change_2027_01 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-01-01 00:00+00') TO ('2027-02-01 00:00+00');
CREATE TABLE audit.row_change_2027_02 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-02-01 00:00+00') TO ('2027-03-01 00:00+00');
CREATE TABLE audit.row_change_2027_03 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-03-01 00:00+00') TO ('2027-04-01 00:00+00');
