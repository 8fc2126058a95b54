CREATE TABLE IF NOT EXISTS thing (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    thing_type TEXT,
    attributes TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (account_id, name),
    FOREIGN KEY (account_id, thing_type) REFERENCES thing_type (account_id, name)
) STRICT
