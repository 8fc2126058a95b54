CREATE INDEX IF NOT EXISTS managed_policy_attachment_by_policy
ON managed_policy_attachment (policy_arn, account_id, entity_id)
