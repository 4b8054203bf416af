DO $$
BEGIN
    IF (SELECT count(*) FROM cases.case_type WHERE code IN ('HSG', 'DIS', 'CAR', 'LIC', 'APL', 'GEN')) <> 6 THEN
        RAISE EXCEPTION 'cases.case_type does not hold all six types of the policy sheet';
    END IF;
    -- The one row with escapes in it: shows that the data was read as COPY text and not as something else.
    IF NOT EXISTS (SELECT FROM cases.case_type WHERE code = 'APL' AND strpos(guidance, '"Independence" in Q:\Policy\Appeals.') > 0) THEN
        RAISE EXCEPTION 'guidance of case type APL was mangled on the way in';
    END IF;
END;
$$;
