CREATE INDEX IF NOT EXISTS certificate_by_creation ON certificate (account_id, created_at_ms, id)
