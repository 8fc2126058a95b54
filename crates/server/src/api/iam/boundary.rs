//! The permissions boundary in answers.

use serde::Serialize;

/// `AttachedPermissionsBoundary` of IAM's model. Its one type is `Policy` in IAM's documentation
/// and answers; the model's enumeration, which no client holds it to, says otherwise.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: String,
}

impl From<String> for Boundary {
    fn from(permissions_boundary_arn: String) -> Self {
        Self {
            permissions_boundary_type: "Policy",
            permissions_boundary_arn,
        }
    }
}
