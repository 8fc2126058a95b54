CREATE INDEX IF NOT EXISTS ca_certificate_by_creation
ON ca_certificate (account_id, created_at_ms, id)
