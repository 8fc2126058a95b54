CREATE INDEX IF NOT EXISTS ca_certificate_by_subject
ON ca_certificate (account_id, subject_der)
