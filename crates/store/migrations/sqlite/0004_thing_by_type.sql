CREATE INDEX IF NOT EXISTS thing_by_type ON thing (account_id, thing_type, name)
