-- One line per case, for lists and for the other teams. New columns go at the end: CREATE OR REPLACE VIEW allows
-- nothing else, and so do we.
CREATE OR REPLACE VIEW cases.case_overview AS
SELECT c.id,
       c.reference,
       t.title AS case_type,
       c.status,
       c.title,
       coalesce(u.full_name, o.name, p.named) AS applicant,
       c.submitted_at,
       c.due_on,
       w.full_name AS caseworker
FROM cases.case_file AS c
JOIN cases.case_type AS t ON t.code = c.case_type
LEFT JOIN cases.party AS p ON p.case_id = c.id AND p.role = 'applicant'
LEFT JOIN identity.user_account AS u ON u.id = p.user_id
LEFT JOIN identity.organisation AS o ON o.id = p.organisation_id
LEFT JOIN cases.allocation AS a ON a.case_id = c.id AND upper_inf(a.period)
LEFT JOIN identity.user_account AS w ON w.id = a.caseworker;
