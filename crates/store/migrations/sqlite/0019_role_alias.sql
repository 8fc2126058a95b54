CREATE TABLE IF NOT EXISTS role_alias (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role_arn TEXT NOT NULL,
    credential_duration_seconds INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_modified_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT
