CREATE TABLE IF NOT EXISTS thing_attribute (
    account_id TEXT NOT NULL,
    thing_name TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account_id, thing_name, name),
    FOREIGN KEY (account_id, thing_name) REFERENCES thing (account_id, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID
