CREATE TABLE IF NOT EXISTS iot_policy_attachment (
    account_id TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    PRIMARY KEY (account_id, certificate_id, policy_name),
    FOREIGN KEY (account_id, certificate_id) REFERENCES certificate (account_id, id),
    FOREIGN KEY (account_id, policy_name) REFERENCES iot_policy (account_id, name)
) STRICT, WITHOUT ROWID
