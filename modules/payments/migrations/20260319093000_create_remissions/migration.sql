-- Help with fees for people on a low income. Needs the case documents, which Case management released a few days
-- after this was written: the directive, not the date, decides the order.
-- strata: needs cases/20260323141500_create_documents
CREATE TABLE payments.remission (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id              uuid NOT NULL REFERENCES cases.case_file (id),
    fee_code             text NOT NULL REFERENCES payments.fee (code),
    evidence_document_id uuid NOT NULL REFERENCES cases.document (id),
    percent              smallint NOT NULL CHECK (percent BETWEEN 1 AND 100),
    granted_by           uuid NOT NULL REFERENCES identity.user_account (id),
    granted_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT remission_once_per_fee UNIQUE (case_id, fee_code)
);

CREATE INDEX remission_evidence_document_id_idx ON payments.remission (evidence_document_id);

CREATE TRIGGER remission_audit AFTER INSERT OR UPDATE OR DELETE ON payments.remission
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();
