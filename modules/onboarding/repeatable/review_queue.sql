-- Oldest first. A submission waits when nobody has looked at it, or when documents came in after the last look.
CREATE OR REPLACE VIEW onboarding.review_queue AS
SELECT s.id AS submission_id,
       s.first_name || ' ' || s.last_name AS applicant,
       s.submitted_at AT TIME ZONE 'UTC' AS submitted_at,
       last_review.outcome AS last_outcome,
       documents.newest_upload
FROM onboarding.onboarding_submission AS s
LEFT JOIN LATERAL (
    SELECT r.outcome, r.reviewed_at
    FROM onboarding.submission_review AS r
    WHERE r.submission_id = s.id
    ORDER BY r.reviewed_at DESC
    LIMIT 1
) AS last_review ON true
LEFT JOIN LATERAL (
    SELECT max(d.uploaded_at) AS newest_upload, bool_or(d.scan = 'pending') AS being_scanned
    FROM onboarding.submission_document AS d
    WHERE d.submission_id = s.id
) AS documents ON true
WHERE NOT coalesce(documents.being_scanned, false)
  AND (last_review.outcome IS NULL
       OR last_review.outcome = 'more_information' AND documents.newest_upload > last_review.reviewed_at)
ORDER BY s.submitted_at;
