CREATE TABLE IF NOT EXISTS iot_policy (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    default_version INTEGER NOT NULL,
    next_version INTEGER NOT NULL,
    generation_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_modified_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT
