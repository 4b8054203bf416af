-- The note began with one of two words: the form offered them as a prefix, so no other spelling exists.
-- strata: lock-timeout 2s
-- strata: statement-timeout 10min
UPDATE cases.case_file
SET status = 'withdrawn'
WHERE status = 'closed'
  AND decided_at IS NULL
  AND (closure_note LIKE 'Withdrawn%' OR closure_note LIKE 'WITHDRAWN%');
