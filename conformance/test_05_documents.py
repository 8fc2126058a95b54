"""Policies that cannot mean what they say are refused when they are made, not when they are asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.clients import Refused
from harness.fleet import SERVICE_TRUST, Fleet, allow, name

OK = allow("iot:Connect")
BROKEN_ANYWHERE: dict[str, str] = {
    "nothing": " ",
    "no JSON": "{",
    "a number": "1",
    "null": "null",
    "a list": "[]",
    "an empty object": "{}",
    "foo": '{"foo":1}',
    "no statement": '{"Version":"2012-10-17"}',
    "an unknown member": json.dumps({"Version": "2012-10-17", "Statement": [OK], "Extra": 1}),
    "an unknown version": json.dumps({"Version": "2013-01-01", "Statement": [OK]}),
    "a version in lower case": json.dumps({"version": "2012-10-17", "Statement": [OK]}),
    "an effect in lower case": json.dumps({"Version": "2012-10-17", "Statement": [{**OK, "Effect": "allow"}]}),
    "no effect": json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "*", "Resource": "*"}]}),
    "no action": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}),
    "an action of a number": json.dumps({"Version": "2012-10-17", "Statement": [{**OK, "Action": 1}]}),
    "action and not-action": json.dumps({"Version": "2012-10-17", "Statement": [{**OK, "NotAction": "iot:*"}]}),
    "an unknown operator": json.dumps(
        {"Version": "2012-10-17", "Statement": [{**OK, "Condition": {"StringSortOf": {"aws:username": "x"}}}]}
    ),
    "a condition of a list": json.dumps({"Version": "2012-10-17", "Statement": [{**OK, "Condition": []}]}),
    "an unknown member of a statement": json.dumps({"Version": "2012-10-17", "Statement": [{**OK, "Condtion": {}}]}),
    "doubled keys": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
    "two documents": json.dumps({"Version": "2012-10-17", "Statement": [OK]}) * 2,
    "deep": "[" * 200 + "]" * 200,
}
IDENTITY_ONLY: dict[str, dict[str, Any]] = {
    "no resource": {"Effect": "Allow", "Action": "iot:Connect"},
    "a resource that is no ARN": {**OK, "Resource": "table"},
    "a principal": {**OK, "Principal": "*"},
}
DOCUMENTS = BROKEN_ANYWHERE | {
    what: json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for what, statement in IDENTITY_ONLY.items()
}


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_broken_iam_policy_is_refused(fleet: Fleet, what: str) -> None:
    iam, own = fleet.admin.iam, name("broken")
    role = fleet.role().rsplit("/", 1)[1]
    for call in (
        lambda: iam.create_policy(PolicyName=own, PolicyDocument=DOCUMENTS[what]),
        lambda: iam.put_role_policy(RoleName=role, PolicyName=own, PolicyDocument=DOCUMENTS[what]),
        lambda: iam.put_user_policy(UserName="administrator", PolicyName=own, PolicyDocument=DOCUMENTS[what]),
    ):
        with Refused() as refused:
            call()
        assert (refused.status, refused.code) == (400, "MalformedPolicyDocument"), refused.message
        assert refused.message
    with Refused() as refused:
        iam.get_role_policy(RoleName=role, PolicyName=own)
    assert refused.code == "NoSuchEntity"


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_broken_iot_policy_is_refused(fleet: Fleet, what: str) -> None:
    own = name("broken")
    with Refused() as refused:
        fleet.admin.iot.create_policy(policyName=own, policyDocument=DOCUMENTS[what])
    assert (refused.status, refused.code) == (400, "MalformedPolicyException"), refused.message
    with Refused() as refused:
        fleet.admin.iot.get_policy(policyName=own)
    assert refused.code == "ResourceNotFoundException"


TRUSTS: dict[str, dict[str, Any]] = {
    "a resource": {**SERVICE_TRUST["Statement"], "Resource": "*"},
    "no principal": {"Effect": "Allow", "Action": "sts:AssumeRole"},
    "an unknown kind of principal": {**SERVICE_TRUST["Statement"], "Principal": {"Thing": "x"}},
    "an empty principal": {**SERVICE_TRUST["Statement"], "Principal": {}},
    "a wildcard in an ARN": {**SERVICE_TRUST["Statement"], "Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}},
    "an action of another service": {**SERVICE_TRUST["Statement"], "Action": "iam:PassRole"},
}


@pytest.mark.parametrize("what", [*BROKEN_ANYWHERE, *TRUSTS])
def test_a_broken_trust_policy_is_refused(fleet: Fleet, what: str) -> None:
    own, document = name("broken"), BROKEN_ANYWHERE.get(what)
    if document is None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTS[what]]})
    with Refused() as refused:
        fleet.admin.iam.create_role(RoleName=own, AssumeRolePolicyDocument=document)
    assert (refused.status, refused.code) == (400, "MalformedPolicyDocument"), refused.message
    role = fleet.role().rsplit("/", 1)[1]
    with Refused() as refused:
        fleet.admin.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    assert refused.code == "MalformedPolicyDocument"


@pytest.mark.parametrize("what", [*BROKEN_ANYWHERE])
def test_a_broken_session_policy_is_refused(fleet: Fleet, what: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
    with Refused() as refused:
        fleet.admin.sts.assume_role(
            RoleArn=fleet.role(trust=trust), RoleSessionName="conformance", Policy=BROKEN_ANYWHERE[what]
        )
    assert (refused.status, refused.code) == (400, "MalformedPolicyDocument"), refused.message


@pytest.mark.parametrize("size", ["iam", "iot", "trust", "inline"])
def test_a_policy_that_is_too_long_is_refused(fleet: Fleet, size: str) -> None:
    long = json.dumps(
        {"Version": "2012-10-17", "Statement": [allow("iot:Connect", ["arn:aws:iot:us-east-1:1:" + "x" * 20000])]}
    )
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{**SERVICE_TRUST["Statement"], "Condition": {"StringEquals": {"aws:SourceArn": "x" * 5000}}}],
        }
    )
    iam, own = fleet.admin.iam, name("long")
    calls = {
        "iam": lambda: iam.create_policy(PolicyName=own, PolicyDocument=long),
        "iot": lambda: fleet.admin.iot.create_policy(policyName=own, policyDocument=long),
        "trust": lambda: iam.create_role(RoleName=own, AssumeRolePolicyDocument=trust),
        "inline": lambda: iam.put_role_policy(
            RoleName=fleet.role().rsplit("/", 1)[1], PolicyName=own, PolicyDocument=long
        ),
    }
    with Refused() as refused:
        calls[size]()
    assert refused.status in (400, 409) and refused.message
