CREATE TABLE IF NOT EXISTS certificate (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    pem TEXT NOT NULL,
    ca_certificate_id TEXT,
    status TEXT NOT NULL,
    mode TEXT NOT NULL,
    generation_id TEXT NOT NULL,
    customer_version INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    last_modified_at_ms INTEGER NOT NULL,
    signed_part TEXT NOT NULL,
    UNIQUE (account_id, signed_part),
    PRIMARY KEY (account_id, id)
) STRICT
