CREATE TABLE IF NOT EXISTS ca_certificate (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    pem TEXT NOT NULL,
    subject_der BLOB NOT NULL,
    status TEXT NOT NULL,
    auto_registration INTEGER NOT NULL,
    mode TEXT NOT NULL,
    generation_id TEXT NOT NULL,
    customer_version INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_modified_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT
