-- Before working hours: every submitted case is rewritten, and updated_at moves with it.
-- strata: lock-timeout 2s
-- strata: statement-timeout 10min
UPDATE cases.case_file AS c
SET due_on = (c.submitted_at AT TIME ZONE 'Europe/London')::date + coalesce(t.statutory_days, 180)
FROM cases.case_type AS t
WHERE t.code = c.case_type
  AND c.submitted_at IS NOT NULL
  AND c.due_on IS NULL;
