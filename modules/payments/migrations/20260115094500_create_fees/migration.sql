-- strata: needs base/20260102090000_extensions
-- strata: needs base/20260102093000_shared_types
-- strata: needs cases/20260107103000_create_cases
-- strata: needs cases/20260113141000_seed_case_types
CREATE SCHEMA payments;
COMMENT ON SCHEMA payments IS 'Fees, payments, refunds, reconciliation. Owned by Fees and pay.';

CREATE TABLE payments.fee (
    code        text PRIMARY KEY CHECK (code ~ '^FEE[0-9]{4}$'),
    case_type   text NOT NULL REFERENCES cases.case_type (code),
    description text NOT NULL
);

-- A fee changes on a day fixed by law and known long before, so prices have a period instead of being updated.
CREATE TABLE payments.fee_amount (
    fee_code text NOT NULL REFERENCES payments.fee (code),
    amount   public.pence NOT NULL,
    in_force daterange NOT NULL,
    CONSTRAINT fee_amount_period_not_empty CHECK (NOT isempty(in_force)),
    CONSTRAINT fee_amount_one_price_a_day EXCLUDE USING gist (fee_code WITH =, in_force WITH &&)
);

INSERT INTO payments.fee (code, case_type, description) VALUES
    ('FEE0101', 'LIC', 'Application for a trader''s licence'),
    ('FEE0102', 'LIC', 'Renewal of a trader''s licence'),
    ('FEE0201', 'APL', 'Appeal against a decision');

INSERT INTO payments.fee_amount (fee_code, amount, in_force) VALUES
    ('FEE0101', 18500, '[2025-04-06,2026-04-06)'),
    ('FEE0101', 19200, '[2026-04-06,)'),
    ('FEE0102',  9400, '[2025-04-06,)'),
    ('FEE0201',  8000, '[2024-10-01,)');
