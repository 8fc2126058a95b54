CREATE INDEX IF NOT EXISTS iot_policy_attachment_by_policy
ON iot_policy_attachment (account_id, policy_name, certificate_id)
