"""Who may do what: every layer of AWS's evaluation logic, and every class of bug that let peers say yes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.clients import Refused, Sdk, request_id
from harness.fleet import SERVICE_TRUST, Fleet, allow, deny, name, policy
from harness.server import Keys
from harness.sign import Plain, sign

ITEM = {"id": {"S": "own"}}


@pytest.fixture(scope="module")
def table(fleet: Fleet) -> str:
    return fleet.table()


def table_arn(fleet: Fleet, table: str) -> str:
    return fleet.arn("dynamodb", f"table/{table}")


def denied(fleet: Fleet, refused: Refused, action: str, check: str, words: str = "") -> None:
    """Checks the refusal of an action by a layer, and that it was written down."""
    assert refused.code in ("AccessDeniedException", "AccessDenied"), (refused.code, refused.message)
    assert f"is not authorized to perform: {action} on resource: " in refused.message
    assert words in refused.message, refused.message
    (event,) = fleet.server.audit(refused.request_id)
    assert (event["decision"], event["reason"]["check"]) == ("deny", check), event
    assert action in event["action"]


def test_nothing_is_allowed_without_a_policy(fleet: Fleet, table: str) -> None:
    _, nobody = fleet.user()
    with Refused() as refused:
        nobody.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "identity_policy",
           "because no identity-based policy allows the dynamodb:PutItem action")
    with Refused() as refused:
        nobody.iot.list_things()
    denied(fleet, refused, "iot:ListThings", "identity_policy")
    with Refused() as refused:
        nobody.iam.list_users()
    denied(fleet, refused, "iam:ListUsers", "identity_policy")


def test_only_what_is_named_is_allowed(fleet: Fleet, table: str) -> None:
    _, user = fleet.user(policy(allow("dynamodb:GetItem", table_arn(fleet, table))))
    user.dynamodb.get_item(TableName=table, Key=ITEM)
    with Refused() as refused:
        user.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "identity_policy")
    with Refused() as refused:
        user.dynamodb.get_item(TableName=fleet.table(), Key=ITEM)
    denied(fleet, refused, "dynamodb:GetItem", "identity_policy")


def test_a_resource_matches_whole_and_not_by_its_beginning(fleet: Fleet) -> None:
    own = fleet.table()
    _, user = fleet.user(policy(allow("dynamodb:PutItem", table_arn(fleet, own))))
    for other in [own + "x", own[:-1] + "-", "x" + own]:
        with Refused() as refused:
            user.dynamodb.put_item(TableName=other, Item=ITEM)
        denied(fleet, refused, "dynamodb:PutItem", "identity_policy")


@pytest.mark.parametrize("whose", ["inline", "managed", "another statement"])
def test_an_explicit_deny_is_final(fleet: Fleet, table: str, whose: str) -> None:
    forbids = deny("dynamodb:PutItem", table_arn(fleet, table))
    statements = [allow("*"), forbids] if whose == "another statement" else [allow("*")]
    own, user = fleet.user(policy(*statements))
    if whose == "inline":
        fleet.admin.iam.put_user_policy(UserName=own, PolicyName="deny", PolicyDocument=policy(forbids))
    if whose == "managed":
        made = fleet.admin.iam.create_policy(PolicyName=name("deny"), PolicyDocument=policy(forbids))
        fleet.admin.iam.attach_user_policy(UserName=own, PolicyArn=made["Policy"]["Arn"])
    with Refused() as refused:
        user.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "identity_policy", "with an explicit deny in an identity-based policy")
    user.dynamodb.get_item(TableName=table, Key=ITEM)


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
    ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
    ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ({"Bool": {"aws:SecureTransport": "false"}}, False),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-2"}}, False),
    ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, False),
    ({"StringNotEquals": {"aws:PrincipalTag/team": "x"}}, True),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ({"NumericGreaterThan": {"aws:EpochTime": "1"}}, True),
    ({"StringLike": {"aws:UserAgent": "*conformance*"}}, True),
    ({"StringLike": {"aws:username": "user-*"}}, True),
    ({"StringEquals": {"aws:username": "USER"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/user-*"}}, True),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, False),
    ({"Null": {"aws:username": "true"}}, False),
    ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "Bool": {"aws:SecureTransport": "false"}}, False),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS, ids=lambda value: json.dumps(value))
def test_a_condition_that_is_not_met_allows_nothing(fleet: Fleet, condition: dict[str, Any], holds: bool) -> None:
    own, user = fleet.user(policy(allow("iot:ListThings", "*", Condition=condition)))
    if holds:
        user.iot.list_things()
    else:
        with Refused() as refused:
            user.iot.list_things()
        denied(fleet, refused, "iot:ListThings", "identity_policy")
    fleet.admin.iam.put_user_policy(
        UserName=own, PolicyName="own", PolicyDocument=policy(allow("*"), deny("iot:*", "*", Condition=condition))
    )
    if holds:
        with Refused() as refused:
            user.iot.list_things()
        denied(fleet, refused, "iot:ListThings", "identity_policy", "explicit deny")
    else:
        user.iot.list_things()


def test_a_permissions_boundary_must_allow_too(fleet: Fleet, table: str) -> None:
    boundary = fleet.admin.iam.create_policy(
        PolicyName=name("boundary"), PolicyDocument=policy(allow(["dynamodb:GetItem", "iot:*"]))
    )["Policy"]["Arn"]
    _, user = fleet.user(policy(allow("dynamodb:*")), PermissionsBoundary=boundary)
    user.dynamodb.get_item(TableName=table, Key=ITEM)
    with Refused() as refused:
        user.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "permissions_boundary",
           "because no permissions boundary allows the dynamodb:PutItem action")
    with Refused() as refused:
        user.iot.list_things()
    denied(fleet, refused, "iot:ListThings", "identity_policy")
    role = fleet.role(policy(allow("dynamodb:*")), PermissionsBoundary=boundary)
    session = fleet.session(fleet.device(), fleet.alias(role))
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "permissions_boundary")


def assume(fleet: Fleet, sdk: Sdk, role: str, **more: Any) -> Sdk:
    given = sdk.sts.assume_role(RoleArn=role, RoleSessionName="conformance", **more)["Credentials"]
    return Sdk(fleet.server, Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))


def trusting(fleet: Fleet, *principals: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_session_policy_narrows_and_never_widens(fleet: Fleet, table: str) -> None:
    role = fleet.role(policy(allow("dynamodb:*")), trusting(fleet, fleet.server.account))
    session = assume(fleet, fleet.admin, role, Policy=policy(allow(["dynamodb:GetItem", "iot:*"])))
    session.dynamodb.get_item(TableName=table, Key=ITEM)
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "session_policy",
           "because no session policy allows the dynamodb:PutItem action")
    with Refused() as refused:
        session.iot.list_things()
    denied(fleet, refused, "iot:ListThings", "identity_policy")


def test_managed_session_policies_narrow_too(fleet: Fleet, table: str) -> None:
    role = fleet.role(policy(allow("dynamodb:*")), trusting(fleet, fleet.server.account))
    made = fleet.admin.iam.create_policy(PolicyName=name("narrow"), PolicyDocument=policy(allow("dynamodb:GetItem")))
    session = assume(fleet, fleet.admin, role, PolicyArns=[{"arn": made["Policy"]["Arn"]}])
    session.dynamodb.get_item(TableName=table, Key=ITEM)
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item=ITEM)
    denied(fleet, refused, "dynamodb:PutItem", "session_policy")


def test_who_may_assume_a_role(fleet: Fleet) -> None:
    own, user = fleet.user(policy(allow("sts:AssumeRole")))
    stranger_name, stranger = fleet.user()
    user_arn = fleet.arn("iam", f"user/{own}")
    by_account = fleet.role(trust=trusting(fleet, f"arn:aws:iam::{fleet.server.account}:root"))
    by_name = fleet.role(trust=trusting(fleet, user_arn))
    for role in (by_account, by_name):
        told = assume(fleet, user, role).sts.get_caller_identity()
        assert told["Arn"] == fleet.arn("sts", f"assumed-role/{role.rsplit('/', 1)[1]}/conformance")
        with Refused() as refused:
            stranger.sts.assume_role(RoleArn=role, RoleSessionName="conformance")
        stranger_arn = fleet.arn("iam", f"user/{stranger_name}")
        assert refused.status == 403 and refused.code == "AccessDenied"
        expected = f"User: {stranger_arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
        assert refused.message.startswith(expected)


def test_a_role_for_devices_is_for_nobody_else(fleet: Fleet) -> None:
    role = fleet.role(policy(allow("*")))
    for sdk in (fleet.admin, fleet.session(fleet.device(), fleet.alias(role))):
        with Refused() as refused:
            sdk.sts.assume_role(RoleArn=role, RoleSessionName="conformance")
        assert (refused.status, refused.code) == (403, "AccessDenied")
        assert fleet.server.audit(refused.request_id)[0]["reason"]["check"] == "trust_policy"


def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(fleet: Fleet) -> None:
    missing = fleet.arn("iam", f"role/{name('missing')}")
    with Refused() as refused:
        fleet.admin.sts.assume_role(RoleArn=missing, RoleSessionName="conformance")
    assert (refused.status, refused.code) == (403, "AccessDenied")
    elsewhere = "arn:aws:iam::000000000000:role/x"
    with Refused() as refused:
        fleet.admin.sts.assume_role(RoleArn=elsewhere, RoleSessionName="conformance")
    assert (refused.status, refused.code) == (403, "AccessDenied")


def test_an_external_id_is_asked_for(fleet: Fleet) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "4711"}}
    role = fleet.role(trust=trusting(fleet, fleet.server.account, Condition=condition))
    assume(fleet, fleet.admin, role, ExternalId="4711")
    for wrong in [{}, {"ExternalId": "4712"}]:
        with Refused() as refused:
            assume(fleet, fleet.admin, role, **wrong)
        assert refused.code == "AccessDenied"


def test_a_session_lasts_no_longer_than_the_role_allows(fleet: Fleet) -> None:
    role = fleet.role(policy(allow("*")), trusting(fleet, fleet.server.account))
    for seconds in (3601, 43200):
        with Refused() as refused:
            assume(fleet, fleet.admin, role, DurationSeconds=seconds)
        assert (refused.status, refused.code) == (400, "ValidationError")
        assert "MaxSessionDuration" in refused.message
    for seconds in (899, 43201):
        with Refused() as refused:
            assume(fleet, fleet.admin, role, DurationSeconds=seconds)
        assert (refused.status, refused.code) == (400, "ValidationError")
    fleet.admin.iam.update_role(RoleName=role.rsplit("/", 1)[1], MaxSessionDuration=43200)
    assume(fleet, fleet.admin, role, DurationSeconds=43200)
    chained = assume(fleet, fleet.admin, role)
    with Refused() as refused:
        assume(fleet, chained, role, DurationSeconds=3601)
    assert refused.code in ("ValidationError", "AccessDenied")


def test_a_role_is_passed_only_by_who_may_pass_it(fleet: Fleet) -> None:
    role, other = fleet.role(), fleet.role()
    own, user = fleet.user(policy(allow(["iot:CreateRoleAlias", "iot:UpdateRoleAlias"]), allow("iam:PassRole", role)))
    alias = name("alias")
    user.iot.create_role_alias(roleAlias=alias, roleArn=role)
    for call in (
        lambda: user.iot.create_role_alias(roleAlias=name("alias"), roleArn=other),
        lambda: user.iot.update_role_alias(roleAlias=alias, roleArn=other),
    ):
        with Refused() as refused:
            call()
        denied(fleet, refused, "iam:PassRole", "identity_policy", other)
    told = fleet.admin.iot.describe_role_alias(roleAlias=alias)["roleAliasDescription"]
    assert told["roleArn"] == role
    condition = {"StringEquals": {"iam:PassedToService": "credentials.iot.amazonaws.com"}}
    fleet.admin.iam.put_user_policy(
        UserName=own,
        PolicyName="own",
        PolicyDocument=policy(allow("iot:*"), allow("iam:PassRole", "*", Condition=condition)),
    )
    user.iot.update_role_alias(roleAlias=alias, roleArn=other)
    with Refused() as refused:
        fleet.admin.iot.create_role_alias(roleAlias=name("alias"), roleArn="arn:aws:iam::000000000000:role/x")
    assert refused.code in ("AccessDeniedException", "InvalidRequestException")


def test_an_operation_that_is_not_served_is_refused_to_the_administrator_too(fleet: Fleet) -> None:
    for call in (
        lambda: fleet.admin.iot.create_billing_group(billingGroupName="x"),
        lambda: fleet.admin.iam.create_group(GroupName="x"),
        lambda: fleet.admin.sts.get_session_token(),
        lambda: fleet.admin.dynamodb.create_backup(TableName="xxx", BackupName="xxx"),
    ):
        with Refused() as refused:
            call()
        assert 400 <= refused.status < 500 and "AccessDenied" not in refused.code
        assert fleet.server.audit(refused.request_id)[0]["decision"] == "deny"


def test_a_member_that_is_not_served_is_refused_and_not_ignored(fleet: Fleet) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    for call in (
        lambda: fleet.admin.iam.create_role(
            RoleName=name("tagged"), AssumeRolePolicyDocument=json.dumps(SERVICE_TRUST), Tags=tags
        ),
        lambda: fleet.admin.sts.assume_role(
            RoleArn=fleet.role(trust=trusting(fleet, fleet.server.account)), RoleSessionName="xx", Tags=tags
        ),
    ):
        with Refused() as refused:
            call()
        assert refused.status == 400, refused.message


def test_an_allow_leaves_an_event_with_the_statement_that_allowed(fleet: Fleet) -> None:
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Sid": "Look", **allow("iot:ListThings")}]}
    )
    own, user = fleet.user(document)
    answer = user.iot.list_things()
    (event,) = fleet.server.audit(request_id(answer))
    assert (event["decision"], event["action"]) == ("allow", "iot:ListThings")
    assert event["principal"] == fleet.arn("iam", f"user/{own}")
    assert "Look" in json.dumps(event["reason"])


def test_a_presigned_request_is_authorised_like_any_other(fleet: Fleet) -> None:
    _, nobody = fleet.user()
    _, user = fleet.user(policy(allow("iot:ListThings")))
    plain = Plain("iot", "GET", "/things")
    assert sign(fleet.server, plain, user.keys, presigned=True).send(fleet.server).status == 200
    answer = sign(fleet.server, plain, nobody.keys, presigned=True).send(fleet.server)
    assert (answer.status, answer.code) == (403, "AccessDeniedException")
