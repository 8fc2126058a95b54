"""What is taken back is taken back at the next request, from live sessions too, and the audit log says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from harness.clients import Refused, Sdk, request_id
from harness.fleet import SERVICE_TRUST, Device, Fleet, allow, deny, policy

ITEM = {"id": {"S": "1"}}


@dataclass(frozen=True)
class Live:
    """A device with a live session that may write to a table."""

    device: Device
    alias: str
    role_arn: str
    table: str
    session: Sdk

    @property
    def role_name(self) -> str:
        return self.role_arn.rsplit("/", 1)[1]

    def put(self) -> dict[str, Any]:
        return self.session.dynamodb.put_item(TableName=self.table, Item=ITEM)


@pytest.fixture
def live(fleet: Fleet) -> Live:
    table = fleet.table()
    device = fleet.device(fleet.thing())
    role = fleet.role(policy(allow("dynamodb:PutItem", fleet.arn("dynamodb", f"table/{table}"))))
    alias = fleet.alias(role)
    made = Live(device, alias, role, table, fleet.session(device, alias))
    made.put()
    return made


def set_status(fleet: Fleet, live: Live, status: str) -> None:
    fleet.admin.iot.update_certificate(certificateId=live.device.certificate_id, newStatus=status)


def delete_certificate(fleet: Fleet, live: Live) -> None:
    device, iot = live.device, fleet.admin.iot
    iot.detach_thing_principal(thingName=device.thing, principal=device.certificate_arn)
    iot.detach_policy(policyName=device.iot_policy, target=device.certificate_arn)
    set_status(fleet, live, "INACTIVE")
    iot.delete_certificate(certificateId=device.certificate_id)


def delete_role(fleet: Fleet, live: Live) -> None:
    fleet.admin.iam.delete_role_policy(RoleName=live.role_name, PolicyName="own")
    fleet.admin.iam.delete_role(RoleName=live.role_name)


def make_role_again(fleet: Fleet, live: Live) -> None:
    """A role of the same name is another: sessions of the old one do not pass for it."""
    document = fleet.admin.iam.get_role_policy(RoleName=live.role_name, PolicyName="own")["PolicyDocument"]
    delete_role(fleet, live)
    trust = json.dumps(SERVICE_TRUST)
    fleet.admin.iam.create_role(RoleName=live.role_name, AssumeRolePolicyDocument=trust)
    fleet.admin.iam.put_role_policy(
        RoleName=live.role_name, PolicyName="own", PolicyDocument=json.dumps(document)
    )


ENDS: dict[str, tuple[Callable[[Fleet, Live], Any], str, str]] = {
    "the certificate is deactivated": (
        lambda fleet, live: set_status(fleet, live, "INACTIVE"), "UnrecognizedClientException", "INACTIVE",
    ),
    "the certificate is revoked": (
        lambda fleet, live: set_status(fleet, live, "REVOKED"), "UnrecognizedClientException", "REVOKED",
    ),
    "the thing is detached": (
        lambda fleet, live: fleet.admin.iot.detach_thing_principal(
            thingName=live.device.thing, principal=live.device.certificate_arn
        ),
        "UnrecognizedClientException",
        "no longer attached",
    ),
    "the certificate is deleted": (delete_certificate, "UnrecognizedClientException", "deleted"),
    "the alias is deleted": (
        lambda fleet, live: fleet.admin.iot.delete_role_alias(roleAlias=live.alias),
        "UnrecognizedClientException",
        "has been deleted",
    ),
    "the alias points to another role": (
        lambda fleet, live: fleet.admin.iot.update_role_alias(roleAlias=live.alias, roleArn=fleet.role()),
        "ExpiredTokenException",
        "points to another role",
    ),
    "the role is deleted": (delete_role, "UnrecognizedClientException", "role"),
    "the role is made again": (make_role_again, "UnrecognizedClientException", "role"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_live_session_ends_at_the_next_request(fleet: Fleet, live: Live, end: str) -> None:
    act, code, reason = ENDS[end]
    act(fleet, live)
    with Refused() as refused:
        live.put()
    assert (refused.code, refused.status) == (code, 400)
    event = fleet.server.audit(refused.request_id)[0]
    assert event["decision"] == "deny" and event["error_code"] == code
    assert reason in event["reason"]["text"], event["reason"]
    for service, call in {"iot": "list_things", "iam": "list_users", "sts": "get_caller_identity"}.items():
        with Refused() as refused:
            getattr(live.session.service(service), call)()
        assert refused.status == 403 and not refused.code.startswith("AccessDenied"), (service, refused.code)


WAITS_FOR_A_SESSION = [
    "the certificate is deactivated",
    "the certificate is revoked",
    "the thing is detached",
    "the certificate is deleted",
    "the alias is deleted",
    "the role is deleted",
]


@pytest.mark.parametrize("end", WAITS_FOR_A_SESSION)
def test_no_new_session_is_given_out(fleet: Fleet, live: Live, end: str) -> None:
    ENDS[end][0](fleet, live)
    answer = fleet.ask(live.device, live.alias, live.device.thing)
    assert answer.status in (400, 403, 404) and "credentials" not in answer.json


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_certificate_that_is_activated_again_gives_its_sessions_back(
    fleet: Fleet, live: Live, status: str
) -> None:
    set_status(fleet, live, status)
    with Refused():
        live.put()
    set_status(fleet, live, "ACTIVE")
    assert fleet.server.audit(request_id(live.put()))[0]["decision"] == "allow"


def test_a_permission_taken_from_the_role_is_gone_at_once(fleet: Fleet, live: Live) -> None:
    fleet.admin.iam.put_role_policy(
        RoleName=live.role_name, PolicyName="own", PolicyDocument=policy(deny("dynamodb:*"), allow("*"))
    )
    with Refused() as refused:
        live.put()
    assert refused.code == "AccessDeniedException" and "explicit deny" in refused.message
    fleet.admin.iam.put_role_policy(
        RoleName=live.role_name, PolicyName="own", PolicyDocument=policy(allow("dynamodb:*"))
    )
    live.put()


def test_older_sessions_are_ended_by_their_time_of_issue(fleet: Fleet, live: Live) -> None:
    condition = {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}
    fleet.admin.iam.put_role_policy(
        RoleName=live.role_name,
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=policy(deny("*", "*", Condition=condition)),
    )
    with Refused() as refused:
        live.put()
    assert refused.code == "AccessDeniedException"


def test_a_device_is_cut_off_by_its_certificate_id_in_the_roles_policy(fleet: Fleet, live: Live) -> None:
    other = fleet.device(fleet.thing())
    others_session = fleet.session(other, live.alias)
    condition = {"StringEquals": {"credentials-iot:AwsCertificateId": live.device.certificate_id}}
    fleet.admin.iam.put_role_policy(
        RoleName=live.role_name, PolicyName="cut-off", PolicyDocument=policy(deny("*", "*", Condition=condition))
    )
    with Refused() as refused:
        live.put()
    assert refused.code == "AccessDeniedException"
    others_session.dynamodb.put_item(TableName=live.table, Item=ITEM)


def test_the_iot_policy_speaks_when_a_session_is_given_out_and_not_afterwards(fleet: Fleet, live: Live) -> None:
    fleet.admin.iot.detach_policy(policyName=live.device.iot_policy, target=live.device.certificate_arn)
    live.put()
    answer = fleet.ask(live.device, live.alias, live.device.thing)
    assert (answer.status, answer.body) == (403, b'{"message":"Access Denied"}')


def test_the_trust_policy_speaks_when_a_session_is_given_out_and_not_afterwards(
    fleet: Fleet, live: Live
) -> None:
    nobody = {"Version": "2012-10-17", "Statement": {**SERVICE_TRUST["Statement"], "Effect": "Deny"}}
    fleet.admin.iam.update_assume_role_policy(RoleName=live.role_name, PolicyDocument=json.dumps(nobody))
    live.put()
    assert fleet.ask(live.device, live.alias, live.device.thing).status == 400


def test_what_the_thing_is_called_was_settled_when_the_session_was_given_out(fleet: Fleet) -> None:
    """AWS puts the names into the token: a type given later changes nothing."""
    table = fleet.table()
    thing = fleet.thing()
    device = fleet.device(thing)
    condition = {"Null": {"credentials-iot:ThingTypeName": "true"}}
    role = fleet.role(policy(allow("dynamodb:PutItem", "*", Condition=condition)))
    session = fleet.session(device, fleet.alias(role))
    session.dynamodb.put_item(TableName=table, Item=ITEM)
    thing_type = f"type-of-{thing}"
    fleet.admin.iot.create_thing_type(thingTypeName=thing_type)
    fleet.admin.iot.update_thing(thingName=thing, thingTypeName=thing_type)
    session.dynamodb.put_item(TableName=table, Item=ITEM)


def test_an_access_key_that_is_inactive_or_deleted_signs_nothing(fleet: Fleet) -> None:
    user, sdk = fleet.user(policy(allow("*")))
    sdk.iot.list_things()
    key = sdk.keys.access_key_id
    for status, allowed in [("Inactive", False), ("Active", True)]:
        fleet.admin.iam.update_access_key(UserName=user, AccessKeyId=key, Status=status)
        if allowed:
            sdk.iot.list_things()
            continue
        with Refused() as refused:
            sdk.iot.list_things()
        assert (refused.status, refused.code) == (403, "UnrecognizedClientException")
        assert "Inactive" in fleet.server.audit(refused.request_id)[0]["reason"]["text"]
    fleet.admin.iam.delete_access_key(UserName=user, AccessKeyId=key)
    with Refused() as refused:
        sdk.sts.get_caller_identity()
    assert (refused.status, refused.code) == (403, "InvalidClientTokenId")
