CREATE TABLE IF NOT EXISTS managed_policy_attachment (
    account_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    policy_arn TEXT NOT NULL,
    PRIMARY KEY (account_id, entity_id, policy_arn),
    FOREIGN KEY (policy_arn) REFERENCES managed_policy (arn)
) STRICT, WITHOUT ROWID
