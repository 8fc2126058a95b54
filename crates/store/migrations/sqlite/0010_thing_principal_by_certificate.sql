CREATE INDEX IF NOT EXISTS thing_principal_by_certificate
ON thing_principal (account_id, certificate_id, thing_name)
