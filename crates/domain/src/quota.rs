//! Every limit that Thingpass holds, with its AWS source.
//!
//! "IoT model" and "IAM model" are the public service models of AWS (`iot` 2015-05-28, `iam`
//! 2010-05-08, `sts` 2011-06-15); "IoT quotas" is the AWS IoT Core page of the AWS General
//! Reference; "IAM quotas" is "IAM and AWS STS quotas" of the IAM User Guide.

/// Longest thing and thing-type name (IoT model, `ThingName`).
pub const THING_NAME_MAX: usize = 128;
/// Longest attribute name (IoT model, `AttributeName`).
pub const ATTRIBUTE_NAME_MAX: usize = 128;
/// Longest attribute value (IoT model, `AttributeValue`).
pub const ATTRIBUTE_VALUE_MAX: usize = 800;
/// Attributes of a thing without a thing type (IoT quotas).
pub const ATTRIBUTES_WITHOUT_TYPE_MAX: usize = 3;
/// Attributes of a thing with a thing type (IoT quotas).
pub const ATTRIBUTES_WITH_TYPE_MAX: usize = 50;
/// All attribute names and values of a thing together, in bytes (IoT quotas).
pub const ATTRIBUTES_TOTAL_BYTES_MAX: usize = 47 * 1024;
/// Longest thing-type description (IoT model, `ThingTypeDescription`).
pub const THING_TYPE_DESCRIPTION_MAX: usize = 2028;
/// Searchable attributes of a thing type (IoT quotas).
pub const SEARCHABLE_ATTRIBUTES_MAX: usize = 3;
/// Longest role-alias name (IoT model, `RoleAlias`).
pub const ROLE_ALIAS_NAME_MAX: usize = 128;
/// Role aliases of an account and region (IoT quotas, L-8AF17D80, not adjustable there).
pub const ROLE_ALIASES_MAX: u64 = 100;
/// Shortest life of credentials, seconds (IoT model, `CredentialDurationSeconds`; STS model).
pub const CREDENTIAL_DURATION_MIN_SECONDS: u32 = 900;
/// Longest life of credentials, seconds (the same).
pub const CREDENTIAL_DURATION_MAX_SECONDS: u32 = 43_200;
/// Life of credentials where nothing else is said, seconds (the same).
pub const CREDENTIAL_DURATION_DEFAULT_SECONDS: u32 = 3_600;
/// Longest policy name, IoT and IAM (both models, `PolicyName`).
pub const POLICY_NAME_MAX: usize = 128;
/// Versions of a policy, IoT and IAM managed (IoT quotas; IAM quotas).
pub const POLICY_VERSIONS_MAX: usize = 5;
/// IoT policies attached to one target (IoT quotas).
pub const IOT_POLICIES_PER_TARGET_MAX: usize = 10;
/// CA certificates with the same subject in an account (IoT quotas).
pub const CA_CERTIFICATES_WITH_SAME_SUBJECT_MAX: u64 = 10;
/// Longest role name (IAM model, `roleNameType`).
pub const ROLE_NAME_MAX: usize = 64;
/// Longest user name (IAM model, `userNameType`).
pub const USER_NAME_MAX: usize = 64;
/// Longest path (IAM model, `pathType`).
pub const PATH_MAX: usize = 512;
/// Longest role description (IAM model, `roleDescriptionType`).
pub const DESCRIPTION_MAX: usize = 1000;
/// Longest role-session name (STS model, `roleSessionNameType`).
pub const ROLE_SESSION_NAME_MAX: usize = 64;
/// Managed policies attached to one role or user (IAM quotas, default).
pub const MANAGED_POLICIES_PER_ENTITY_MAX: usize = 10;
/// Access keys of one user (IAM quotas).
pub const ACCESS_KEYS_PER_USER_MAX: usize = 2;
/// Characters of a managed policy, white space not counted (IAM quotas).
pub const MANAGED_POLICY_SIZE_MAX: usize = 6_144;
/// Characters of all inline policies of a role, white space not counted (IAM quotas).
pub const ROLE_INLINE_POLICIES_SIZE_MAX: usize = 10_240;
/// Characters of all inline policies of a user, white space not counted (IAM quotas).
pub const USER_INLINE_POLICIES_SIZE_MAX: usize = 2_048;
/// Characters of a trust policy, white space not counted (IAM quotas, default).
pub const TRUST_POLICY_SIZE_MAX: usize = 2_048;
/// Characters of a session policy together with the ARNs beside it (STS model).
pub const SESSION_POLICY_SIZE_MAX: usize = 2_048;
/// Managed policies named beside a session policy (STS model, `policyDescriptorListType`).
pub const SESSION_POLICY_ARNS_MAX: usize = 10;
/// Characters of an IoT policy, white space not counted (IoT quotas).
pub const IOT_POLICY_SIZE_MAX: usize = 2_048;
/// Shortest and longest `MaxSessionDuration` of a role, seconds (IAM model).
pub const MAX_SESSION_DURATION_RANGE_SECONDS: std::ops::RangeInclusive<u32> = 3_600..=43_200;
/// Longest session of a role assumed by a role, seconds (STS documentation, "role chaining").
pub const CHAINED_SESSION_MAX_SECONDS: u32 = 3_600;
/// Page size of the IoT listings where none is asked for, and the largest (IoT model, `PageSize`).
pub const IOT_PAGE_DEFAULT: u32 = 25;
/// See [`IOT_PAGE_DEFAULT`].
pub const IOT_PAGE_MAX: u32 = 250;
/// Page size of the IAM listings where none is asked for (IAM model, `MaxItems`).
pub const IAM_PAGE_DEFAULT: u32 = 100;
/// Largest page of the IAM listings (IAM model, `maxItemsType`).
pub const IAM_PAGE_MAX: u32 = 1000;
/// Bytes of the answer of the credentials endpoint: the buffer of the AWS Common Runtime's X.509
/// provider (aws-c-auth `credentials_provider_x509.c`, measured: 2048 passes, 2049 fails).
pub const CREDENTIALS_RESPONSE_MAX_BYTES: usize = 2_048;
