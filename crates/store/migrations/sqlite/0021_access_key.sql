CREATE TABLE IF NOT EXISTS access_key (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id, id),
    UNIQUE (id),
    FOREIGN KEY (account_id, user_id) REFERENCES iam_user (account_id, id)
) STRICT
