CREATE TABLE IF NOT EXISTS thing_principal (
    account_id TEXT NOT NULL,
    thing_name TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    principal_type TEXT NOT NULL,
    PRIMARY KEY (account_id, thing_name, certificate_id),
    FOREIGN KEY (account_id, thing_name) REFERENCES thing (account_id, name),
    FOREIGN KEY (account_id, certificate_id) REFERENCES certificate (account_id, id)
) STRICT, WITHOUT ROWID
