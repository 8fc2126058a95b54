CREATE TABLE IF NOT EXISTS inline_policy (
    account_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account_id, entity_id, name)
) STRICT
