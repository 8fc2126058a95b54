CREATE INDEX IF NOT EXISTS thing_attribute_by_value
ON thing_attribute (account_id, name, value, thing_name)
