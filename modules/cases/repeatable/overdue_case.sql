-- Not built on case_overview, so that either can be changed without dropping the other.
CREATE OR REPLACE VIEW cases.overdue_case AS
SELECT c.id,
       c.reference,
       c.case_type,
       c.due_on,
       (now() AT TIME ZONE 'Europe/London')::date - c.due_on AS days_late,
       a.caseworker
FROM cases.case_file AS c
LEFT JOIN cases.allocation AS a ON a.case_id = c.id AND upper_inf(a.period)
WHERE c.status IN ('submitted', 'in_review')
  AND c.due_on < (now() AT TIME ZONE 'Europe/London')::date;

COMMENT ON VIEW cases.overdue_case IS 'Feeds the weekly report to the board. Days are counted in London, as the law does.';
