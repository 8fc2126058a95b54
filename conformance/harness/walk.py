"""Every operation of the control plane once, in an order in which each succeeds.

A step is the operation and the input that it is called with, made of what earlier answers told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.fleet import SERVICE_TRUST, Fleet, allow, policy

DOCUMENT = policy(allow("iot:Connect"))
TRUST = json.dumps(SERVICE_TRUST)
OPEN_TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
)


@dataclass
class Told:
    """What earlier answers told, and what was made for the walk."""

    fleet: Fleet
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Any:
        """`Operation.member.member` of an answer."""
        operation, *members = path.split(".")
        found: Any = self.answers[operation]
        for member in members:
            found = found[member]
        return found


Input = Callable[[Told], dict[str, Any]]
Step = tuple[str, str, Input]


def _role(told: Told) -> str:
    return told["iam:CreateRole.Role.Arn"]


def _policy_arn(told: Told) -> str:
    return told["iam:CreatePolicy.Policy.Arn"]


def _certificate(told: Told) -> str:
    return told["iot:CreateCertificateFromCsr.certificateArn"]


def _certificate_id(told: Told) -> str:
    return told["iot:CreateCertificateFromCsr.certificateId"]


IOT: list[Step] = [
    ("iot", "DescribeEndpoint", lambda t: {"endpointType": "iot:CredentialProvider"}),
    ("iot", "CreateThingType", lambda t: {"thingTypeName": "walk-type"}),
    ("iot", "DescribeThingType", lambda t: {"thingTypeName": "walk-type"}),
    ("iot", "ListThingTypes", lambda t: {}),
    ("iot", "CreateThing", lambda t: {"thingName": "walk-thing", "thingTypeName": "walk-type"}),
    ("iot", "DescribeThing", lambda t: {"thingName": "walk-thing"}),
    ("iot", "UpdateThing", lambda t: {"thingName": "walk-thing", "attributePayload": {"attributes": {"a": "b"}}}),
    ("iot", "ListThings", lambda t: {"attributeName": "a", "attributeValue": "b"}),
    ("iot", "GetRegistrationCode", lambda t: {}),
    ("iot", "RegisterCACertificate", lambda t: {
        "caCertificate": t.made["ca"], "setAsActive": True,
        "verificationCertificate": t.made["verification"](t["iot:GetRegistrationCode.registrationCode"]),
    }),
    ("iot", "DescribeCACertificate", lambda t: {"certificateId": t["iot:RegisterCACertificate.certificateId"]}),
    ("iot", "ListCACertificates", lambda t: {}),
    ("iot", "RegisterCertificate", lambda t: {"certificatePem": t.made["leaf"]}),
    ("iot", "RegisterCertificateWithoutCA", lambda t: {"certificatePem": t.made["own"]}),
    ("iot", "CreateKeysAndCertificate", lambda t: {}),
    ("iot", "CreateCertificateFromCsr", lambda t: {"certificateSigningRequest": t.made["csr"]}),
    ("iot", "DescribeCertificate", lambda t: {"certificateId": _certificate_id(t)}),
    ("iot", "ListCertificates", lambda t: {"pageSize": 1}),
    ("iot", "UpdateCertificate", lambda t: {"certificateId": _certificate_id(t), "newStatus": "ACTIVE"}),
    ("iot", "AttachThingPrincipal", lambda t: {"thingName": "walk-thing", "principal": _certificate(t)}),
    ("iot", "ListThingPrincipals", lambda t: {"thingName": "walk-thing"}),
    ("iot", "ListPrincipalThings", lambda t: {"principal": _certificate(t)}),
    ("iot", "CreatePolicy", lambda t: {"policyName": "walk-policy", "policyDocument": DOCUMENT}),
    ("iot", "GetPolicy", lambda t: {"policyName": "walk-policy"}),
    ("iot", "ListPolicies", lambda t: {"pageSize": 1}),
    ("iot", "AttachPolicy", lambda t: {"policyName": "walk-policy", "target": _certificate(t)}),
    ("iot", "ListAttachedPolicies", lambda t: {"target": _certificate(t)}),
    ("iot", "ListTargetsForPolicy", lambda t: {"policyName": "walk-policy"}),
    ("iot", "CreateRoleAlias", lambda t: {"roleAlias": "walk-alias", "roleArn": t.made["role"]}),
    ("iot", "DescribeRoleAlias", lambda t: {"roleAlias": "walk-alias"}),
    ("iot", "ListRoleAliases", lambda t: {"pageSize": 1}),
    ("iot", "UpdateRoleAlias", lambda t: {"roleAlias": "walk-alias", "credentialDurationSeconds": 900}),
    ("iot", "DeleteRoleAlias", lambda t: {"roleAlias": "walk-alias"}),
    ("iot", "DetachPolicy", lambda t: {"policyName": "walk-policy", "target": _certificate(t)}),
    ("iot", "DeletePolicy", lambda t: {"policyName": "walk-policy"}),
    ("iot", "DetachThingPrincipal", lambda t: {"thingName": "walk-thing", "principal": _certificate(t)}),
    ("iot", "DeleteThing", lambda t: {"thingName": "walk-thing"}),
    ("iot", "DeleteCertificate", lambda t: {
        "certificateId": t["iot:CreateKeysAndCertificate.certificateId"], "forceDelete": True,
    }),
    ("iot", "UpdateCACertificate", lambda t: {
        "certificateId": t["iot:RegisterCACertificate.certificateId"], "newStatus": "INACTIVE",
    }),
    ("iot", "DeleteCACertificate", lambda t: {"certificateId": t["iot:RegisterCACertificate.certificateId"]}),
]

IAM: list[Step] = [
    ("iam", "CreateUser", lambda t: {"UserName": "walker"}),
    ("iam", "GetUser", lambda t: {"UserName": "walker"}),
    ("iam", "ListUsers", lambda t: {}),
    ("iam", "CreateAccessKey", lambda t: {"UserName": "walker"}),
    ("iam", "ListAccessKeys", lambda t: {"UserName": "walker"}),
    ("iam", "UpdateAccessKey", lambda t: {
        "UserName": "walker", "AccessKeyId": t["iam:CreateAccessKey.AccessKey.AccessKeyId"], "Status": "Inactive",
    }),
    ("iam", "DeleteAccessKey", lambda t: {
        "UserName": "walker", "AccessKeyId": t["iam:CreateAccessKey.AccessKey.AccessKeyId"],
    }),
    ("iam", "PutUserPolicy", lambda t: {"UserName": "walker", "PolicyName": "p", "PolicyDocument": DOCUMENT}),
    ("iam", "GetUserPolicy", lambda t: {"UserName": "walker", "PolicyName": "p"}),
    ("iam", "ListUserPolicies", lambda t: {"UserName": "walker"}),
    ("iam", "DeleteUserPolicy", lambda t: {"UserName": "walker", "PolicyName": "p"}),
    ("iam", "CreateRole", lambda t: {"RoleName": "walk-role", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "GetRole", lambda t: {"RoleName": "walk-role"}),
    ("iam", "ListRoles", lambda t: {}),
    ("iam", "UpdateRole", lambda t: {"RoleName": "walk-role", "MaxSessionDuration": 7200}),
    ("iam", "UpdateAssumeRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyDocument": OPEN_TRUST}),
    ("sts", "AssumeRole", lambda t: {"RoleArn": _role(t), "RoleSessionName": "walker"}),
    ("iam", "PutRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyName": "p", "PolicyDocument": DOCUMENT}),
    ("iam", "GetRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyName": "p"}),
    ("iam", "ListRolePolicies", lambda t: {"RoleName": "walk-role"}),
    ("iam", "DeleteRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyName": "p"}),
    ("iam", "CreatePolicy", lambda t: {"PolicyName": "walk-managed", "PolicyDocument": DOCUMENT}),
    ("iam", "GetPolicy", lambda t: {"PolicyArn": _policy_arn(t)}),
    ("iam", "ListPolicies", lambda t: {"Scope": "Local"}),
    ("iam", "CreatePolicyVersion", lambda t: {"PolicyArn": _policy_arn(t), "PolicyDocument": DOCUMENT}),
    ("iam", "GetPolicyVersion", lambda t: {"PolicyArn": _policy_arn(t), "VersionId": "v2"}),
    ("iam", "ListPolicyVersions", lambda t: {"PolicyArn": _policy_arn(t)}),
    ("iam", "SetDefaultPolicyVersion", lambda t: {"PolicyArn": _policy_arn(t), "VersionId": "v2"}),
    ("iam", "DeletePolicyVersion", lambda t: {"PolicyArn": _policy_arn(t), "VersionId": "v1"}),
    ("iam", "AttachUserPolicy", lambda t: {"UserName": "walker", "PolicyArn": _policy_arn(t)}),
    ("iam", "ListAttachedUserPolicies", lambda t: {"UserName": "walker"}),
    ("iam", "AttachRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyArn": _policy_arn(t)}),
    ("iam", "ListAttachedRolePolicies", lambda t: {"RoleName": "walk-role"}),
    ("iam", "ListEntitiesForPolicy", lambda t: {"PolicyArn": _policy_arn(t)}),
    ("iam", "DetachUserPolicy", lambda t: {"UserName": "walker", "PolicyArn": _policy_arn(t)}),
    ("iam", "DetachRolePolicy", lambda t: {"RoleName": "walk-role", "PolicyArn": _policy_arn(t)}),
    ("iam", "PutUserPermissionsBoundary", lambda t: {
        "UserName": "walker", "PermissionsBoundary": _policy_arn(t),
    }),
    ("iam", "DeleteUserPermissionsBoundary", lambda t: {"UserName": "walker"}),
    ("iam", "PutRolePermissionsBoundary", lambda t: {
        "RoleName": "walk-role", "PermissionsBoundary": _policy_arn(t),
    }),
    ("iam", "DeleteRolePermissionsBoundary", lambda t: {"RoleName": "walk-role"}),
    ("iam", "DeletePolicy", lambda t: {"PolicyArn": _policy_arn(t)}),
    ("iam", "DeleteRole", lambda t: {"RoleName": "walk-role"}),
    ("iam", "DeleteUser", lambda t: {"UserName": "walker"}),
    ("sts", "GetCallerIdentity", lambda t: {}),
]

STEPS = IOT + IAM


def prepared(fleet: Fleet) -> Told:
    """What the walk needs beside the operations themselves."""
    workshop, told = fleet.workshop, Told(fleet)
    ca = workshop.ca("Walk CA")
    told.made = {
        "ca": ca.pem,
        "verification": lambda code: workshop.leaf(ca, code).pem,
        "leaf": workshop.leaf(ca, "walk").pem,
        "own": workshop.self_signed("walk").pem,
        "csr": workshop.request(workshop.key(), "walk").read_text(),
        "role": fleet.role(),
    }
    return told
