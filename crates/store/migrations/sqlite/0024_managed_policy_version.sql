CREATE TABLE IF NOT EXISTS managed_policy_version (
    policy_arn TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (policy_arn, number),
    FOREIGN KEY (policy_arn) REFERENCES managed_policy (arn) ON DELETE CASCADE
) STRICT
