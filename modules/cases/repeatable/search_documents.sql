-- A function, so that the ranking can be tuned without a release of the three services that search.
CREATE OR REPLACE FUNCTION cases.search_documents(words text, at_most integer DEFAULT 20)
RETURNS TABLE (document_id uuid, case_id uuid, title text, rank real)
LANGUAGE sql STABLE
AS $$
    SELECT d.id, d.case_id, d.title, ts_rank_cd(d.search, q.query)
    FROM cases.document AS d, websearch_to_tsquery('english', words) AS q (query)
    WHERE d.search @@ q.query
    ORDER BY ts_rank_cd(d.search, q.query) DESC, d.received_at DESC
    LIMIT at_most
$$;
