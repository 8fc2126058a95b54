//! Amazon Resource Names: made from names, and read back where a request carries one.

use serde::{Deserialize, Serialize};

use crate::id::{
    AccountId, CertificateId, InvalidName, IotPolicyName, Path, PolicyName, Region, RoleAliasName,
    RoleName, RoleSessionName, ThingName, ThingTypeName, UserName,
};

/// The partition that every ARN here is in.
pub const PARTITION: &str = "aws";

/// The account that owns the policies that AWS calls managed.
pub const AWS_MANAGED_ACCOUNT: &str = "aws";

/// An account in a region: what makes ARNs out of names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountRegion {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl AccountRegion {
    /// `arn:aws:iot:R:A:thing/NAME`
    pub fn thing(&self, name: &ThingName) -> String {
        self.iot("thing", name.as_str())
    }

    /// `arn:aws:iot:R:A:thingtype/NAME`
    pub fn thing_type(&self, name: &ThingTypeName) -> String {
        self.iot("thingtype", name.as_str())
    }

    /// `arn:aws:iot:R:A:cert/ID`
    pub fn certificate(&self, id: &CertificateId) -> String {
        self.iot("cert", &id.to_string())
    }

    /// `arn:aws:iot:R:A:cacert/ID`
    pub fn ca_certificate(&self, id: &CertificateId) -> String {
        self.iot("cacert", &id.to_string())
    }

    /// `arn:aws:iot:R:A:policy/NAME`
    pub fn iot_policy(&self, name: &IotPolicyName) -> String {
        self.iot("policy", name.as_str())
    }

    /// `arn:aws:iot:R:A:rolealias/NAME`
    pub fn role_alias(&self, name: &RoleAliasName) -> String {
        self.iot("rolealias", name.as_str())
    }

    /// `arn:aws:dynamodb:R:A:table/NAME`
    pub fn table(&self, name: &str) -> String {
        let Self { account, region } = self;
        arn(
            "dynamodb",
            region.as_str(),
            account.as_str(),
            &["table/", name],
        )
    }

    fn iot(&self, kind: &str, name: &str) -> String {
        let Self { account, region } = self;
        arn("iot", region.as_str(), account.as_str(), &[kind, "/", name])
    }

    /// The certificate id in `arn:aws:iot:R:A:cert/ID`, if the ARN is of this account and region.
    ///
    /// # Errors
    /// The AWS validation sentence for anything else.
    pub fn read_certificate(&self, arn: &str) -> Result<CertificateId, InvalidName> {
        let refuse = || {
            let wanted = format!("be the ARN of a certificate: {}…", self.iot("cert", ""));
            InvalidName::new("principal", arn, wanted)
        };
        let id = arn.strip_prefix(&self.iot("cert", "")).ok_or_else(refuse)?;
        CertificateId::new(id).map_err(|_| refuse())
    }
}

/// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`, the resource in its parts. By hand, for every request
/// makes several.
fn arn(service: &str, region: &str, account: &str, resource: &[&str]) -> String {
    let head = [
        "arn:", PARTITION, ":", service, ":", region, ":", account, ":",
    ];
    let parts = || head.iter().chain(resource);
    let mut arn = String::with_capacity(parts().map(|part| part.len()).sum());
    parts().for_each(|part| arn.push_str(part));
    arn
}

fn iam(account: &str, resource: &[&str]) -> String {
    arn("iam", "", account, resource)
}

/// `arn:aws:iam::A:user/PATH/NAME`
pub fn user(account: &AccountId, path: &Path, name: &UserName) -> String {
    iam(account.as_str(), &["user", path.as_str(), name.as_str()])
}

/// `arn:aws:iam::A:role/PATH/NAME`
pub fn role(account: &AccountId, path: &Path, name: &RoleName) -> String {
    iam(account.as_str(), &["role", path.as_str(), name.as_str()])
}

/// `arn:aws:iam::A:policy/PATH/NAME`; the account of AWS's own policies is `aws`.
pub fn managed_policy(account: &str, path: &Path, name: &PolicyName) -> String {
    iam(account, &["policy", path.as_str(), name.as_str()])
}

/// `arn:aws:sts::A:assumed-role/ROLE/SESSION`; the role's path is not in it.
pub fn assumed_role(account: &AccountId, role: &RoleName, session: &RoleSessionName) -> String {
    let resource = ["assumed-role/", role.as_str(), "/", session.as_str()];
    arn("sts", "", account.as_str(), &resource)
}

/// What the ARNs of all sessions of a role begin with.
pub fn assumed_role_prefix(account: &AccountId, role: &RoleName) -> String {
    arn(
        "sts",
        "",
        account.as_str(),
        &["assumed-role/", role.as_str(), "/"],
    )
}

/// The ARN of a role, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    /// The account that the role is in.
    pub account: AccountId,
    /// The role's path.
    pub path: Path,
    /// The role's name.
    pub name: RoleName,
}

impl RoleArn {
    /// Reads `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
    ///
    /// # Errors
    /// The AWS validation sentence.
    pub fn new(arn: &str) -> Result<Self, InvalidName> {
        let (account, path, name) = read_iam(arn, "role").ok_or_else(|| {
            InvalidName::new(
                "roleArn",
                arn,
                "be the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME",
            )
        })?;
        Ok(Self {
            account: AccountId::new(account)?,
            path,
            name: RoleName::new(name)?,
        })
    }
}

impl RoleArn {
    /// Whether this is the ARN of `role`, letter by letter. Roles are found in any case of their
    /// letters, policies compare ARNs as they are written: an ARN that is spelt otherwise must not
    /// stand for a role that a policy protects.
    pub fn names(&self, account: &AccountId, role: &crate::role::Role) -> bool {
        self.account == *account && self.path == role.path && self.name == role.name
    }
}

impl std::fmt::Display for RoleArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&role(&self.account, &self.path, &self.name))
    }
}

impl TryFrom<String> for RoleArn {
    type Error = InvalidName;
    fn try_from(arn: String) -> Result<Self, InvalidName> {
        Self::new(&arn)
    }
}

impl From<RoleArn> for String {
    fn from(arn: RoleArn) -> String {
        role(&arn.account, &arn.path, &arn.name)
    }
}

/// The ARN of a managed policy, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyArn {
    /// The account that the policy is in, or `aws`.
    pub account: String,
    /// The policy's path.
    pub path: Path,
    /// The policy's name.
    pub name: PolicyName,
}

impl PolicyArn {
    /// Reads `arn:aws:iam::ACCOUNT:policy/PATH/NAME`.
    ///
    /// # Errors
    /// The AWS validation sentence.
    pub fn new(arn: &str) -> Result<Self, InvalidName> {
        let refuse = || InvalidName::new("policyArn", arn, "be the ARN of a policy");
        let (account, path, name) = read_iam(arn, "policy").ok_or_else(refuse)?;
        if account != AWS_MANAGED_ACCOUNT && AccountId::new(account).is_err() {
            return Err(refuse());
        }
        Ok(Self {
            account: account.to_owned(),
            path,
            name: PolicyName::new(name)?,
        })
    }
}

impl std::fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&managed_policy(&self.account, &self.path, &self.name))
    }
}

impl TryFrom<String> for PolicyArn {
    type Error = InvalidName;
    fn try_from(arn: String) -> Result<Self, InvalidName> {
        Self::new(&arn)
    }
}

impl From<PolicyArn> for String {
    fn from(arn: PolicyArn) -> String {
        arn.to_string()
    }
}

/// Account, path and name of `arn:aws:iam::ACCOUNT:KIND/PATH/NAME`.
fn read_iam<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, Path, &'a str)> {
    let rest = arn.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    let path_and_name = resource
        .strip_prefix(kind)
        .filter(|rest| rest.starts_with('/'))?;
    let (path, name) = path_and_name.rsplit_once('/')?;
    let path = Path::new(format!("{path}/")).ok()?;
    Some((account, path, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_with_a_path_reads_back_as_written() {
        let arn = "arn:aws:iam::123456789012:role/service/fleet/reader";
        let role = RoleArn::new(arn).unwrap();
        assert_eq!(role.path.as_str(), "/service/fleet/");
        assert_eq!(role.name.as_str(), "reader");
        assert_eq!(role.to_string(), arn);
    }

    #[test]
    fn arns_of_other_kinds_are_no_role_arns() {
        for arn in [
            "arn:aws:iam::123456789012:user/reader",
            "arn:aws:iam::123456789012:rolex/reader",
            "arn:aws:iam::12345:role/reader",
            "arn:aws:iam::123456789012:role/",
            "arn:aws-cn:iam::123456789012:role/reader",
            "reader",
        ] {
            assert!(RoleArn::new(arn).is_err(), "{arn}");
        }
    }

    #[test]
    fn a_certificate_arn_of_another_account_is_refused() {
        let home = AccountRegion {
            account: AccountId::new("123456789012").unwrap(),
            region: Region::new("us-east-1").unwrap(),
        };
        let id = CertificateId::from_fingerprint([7; 32]);
        assert_eq!(home.read_certificate(&home.certificate(&id)).unwrap(), id);
        let other = home
            .certificate(&id)
            .replace("123456789012", "210987654321");
        assert!(home.read_certificate(&other).is_err());
    }
}
