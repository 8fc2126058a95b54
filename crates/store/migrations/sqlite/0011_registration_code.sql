CREATE TABLE IF NOT EXISTS registration_code (
    account_id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL
) STRICT
