//! Documented limits of policy documents, with their AWS source. Enforced by the callers that own the
//! resources; only the nesting and text limits are enforced by [`parse`](crate::parse).

/// Characters of an IoT policy document, whitespace excluded.
/// Source: AWS IoT Core endpoints and quotas, "Maximum policy document size".
pub const IOT_POLICY_CHARS: usize = 2048;

/// Versions of one IoT policy. Source: AWS IoT Core quotas, "Maximum number of named policy versions".
pub const IOT_POLICY_VERSIONS: usize = 5;

/// IoT policies attached to one certificate or principal. Source: AWS IoT Core quotas.
pub const IOT_POLICIES_PER_PRINCIPAL: usize = 10;

/// Characters of an IAM managed policy, whitespace excluded. Source: IAM and AWS STS quotas.
pub const MANAGED_POLICY_CHARS: usize = 6144;

/// Versions of one managed policy. Source: IAM and AWS STS quotas.
pub const MANAGED_POLICY_VERSIONS: usize = 5;

/// Managed policies attached to one role. Source: IAM and AWS STS quotas (default).
pub const MANAGED_POLICIES_PER_ROLE: usize = 10;

/// Characters of all inline policies of a role together, whitespace excluded. Source: IAM and AWS STS quotas.
pub const ROLE_INLINE_POLICY_CHARS: usize = 10_240;

/// Characters of all inline policies of a user together, whitespace excluded. Source: IAM and AWS STS quotas.
pub const USER_INLINE_POLICY_CHARS: usize = 2048;

/// Characters of all inline policies of a group together, whitespace excluded. Source: IAM and AWS STS quotas.
pub const GROUP_INLINE_POLICY_CHARS: usize = 5120;

/// Characters of a role trust policy, whitespace excluded. Source: IAM and AWS STS quotas (default; 4096 on request).
pub const TRUST_POLICY_CHARS: usize = 2048;

/// Characters of a session policy. Source: AWS STS API reference, AssumeRole, `Policy`.
pub const SESSION_POLICY_CHARS: usize = 2048;

/// Bytes of text that are read at all: the `policyDocument` bound of the AWS IoT API model, the larger of
/// the two APIs (IAM has 131072).
pub const DOCUMENT_TEXT_BYTES: usize = 404_600;

/// Levels of nested arrays and objects that are read; the language needs six.
pub const DOCUMENT_DEPTH: usize = 8;

/// The size that quotas count: characters, without JSON whitespace.
/// Source: IAM and AWS STS quotas, "IAM doesn't count white space when calculating the size of a policy".
pub fn size_without_whitespace(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_does_not_count_and_characters_count_once() {
        assert_eq!(size_without_whitespace("{ \"a\":\r\n\t\"é\" }"), 9);
    }
}
