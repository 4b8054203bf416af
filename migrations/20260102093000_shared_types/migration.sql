-- Types that more than one team stores. A domain keeps the rule in one place; tightening it later means one
-- migration here instead of one in each module.

-- Deliberately loose: the only real test of an address is a message that arrives.
CREATE DOMAIN public.email_address AS public.citext
    CONSTRAINT email_address_shape CHECK (
        VALUE::text ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' AND length(VALUE::text) <= 254
    );
COMMENT ON DOMAIN public.email_address IS 'Compared without case, stored as the user typed it.';

-- Whole pence, because fees are set in pence and sums of floats do not reconcile.
CREATE DOMAIN public.pence AS bigint
    CONSTRAINT pence_not_negative CHECK (VALUE >= 0);
COMMENT ON DOMAIN public.pence IS 'An amount of money in pence, never negative. A difference of two amounts is a bigint.';
