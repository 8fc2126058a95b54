CREATE TABLE IF NOT EXISTS iam_role (
    account_id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    id TEXT NOT NULL,
    trust_policy TEXT NOT NULL,
    max_session_duration_seconds INTEGER NOT NULL,
    description TEXT,
    permissions_boundary TEXT,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, name_key),
    UNIQUE (account_id, id)
) STRICT
