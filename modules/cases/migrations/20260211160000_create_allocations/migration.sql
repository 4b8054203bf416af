-- Two caseworkers once decided the same case differently on the same afternoon. The exclusion constraint is the
-- answer: at any moment a case is with one person at most.
-- strata: needs base/20260102090000_extensions
CREATE TABLE cases.allocation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id      uuid NOT NULL REFERENCES cases.case_file (id),
    caseworker   uuid NOT NULL REFERENCES identity.user_account (id),
    allocated_by uuid NOT NULL REFERENCES identity.user_account (id),
    period       tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    CONSTRAINT allocation_period_not_empty CHECK (NOT isempty(period)),
    CONSTRAINT allocation_one_at_a_time EXCLUDE USING gist (case_id WITH =, period WITH &&)
);

-- "My cases": everything that is still with a caseworker.
CREATE INDEX allocation_current_idx ON cases.allocation (caseworker) WHERE upper_inf(period);
