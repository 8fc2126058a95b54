CREATE TABLE IF NOT EXISTS iot_policy_version (
    account_id TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, policy_name, number),
    FOREIGN KEY (account_id, policy_name) REFERENCES iot_policy (account_id, name)
        ON DELETE CASCADE
) STRICT
