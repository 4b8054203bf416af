-- "sw1a1aa", "SW1A  1AA" and " Sw1a 1Aa" become "SW1A 1AA". What still makes no sense after that is left as it
-- is for a person to look at, since the constraint would refuse to have it written back.
-- strata: lock-timeout 2s
-- strata: statement-timeout 10min
UPDATE onboarding.onboarding_submission AS s
SET postcode = fixed.postcode
FROM (
    SELECT id,
           regexp_replace(upper(regexp_replace(postcode, '\s', '', 'g')), '^(.+)(...)$', '\1 \2') AS postcode
    FROM onboarding.onboarding_submission
    WHERE postcode !~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$'
) AS fixed
WHERE s.id = fixed.id
  AND fixed.postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$';
