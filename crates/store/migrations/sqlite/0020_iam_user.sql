CREATE TABLE IF NOT EXISTS iam_user (
    account_id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    id TEXT NOT NULL,
    permissions_boundary TEXT,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, name_key),
    UNIQUE (account_id, id)
) STRICT
