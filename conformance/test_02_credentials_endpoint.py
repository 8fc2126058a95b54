"""The credentials endpoint, row by row as AWS was seen to answer, byte for byte."""

from __future__ import annotations

import datetime
import email.utils
import json
import re
from urllib.parse import quote

import pytest

from harness import pki
from harness.clients import Refused
from harness.fleet import SERVICE_TRUST, Device, Fleet, allow, deny, keys, name, policy
from harness.http import Answer, Line, ask_once, connect, tls
from harness.pki import Identity, Workshop

INVALID = b'{"message":"Certificate is invalid on this endpoint"}'
NO_THING = b'{"message":"Invalid thing name passed"}'
DENIED = b'{"message":"Access Denied"}'
NO_ALIAS = b'{"message":"Role alias does not exist"}'
NO_ROLE = b'{"message":"Unable to assume the role, or the role to assume does not exist"}'
TOO_LONG = (
    b'{"message":"The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"}'
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def device(fleet: Fleet) -> Device:
    return fleet.device(fleet.thing())


@pytest.fixture(scope="module")
def alias(fleet: Fleet) -> str:
    return fleet.alias(fleet.role(policy(allow("dynamodb:ListTables"))))


def refusal(answer: Answer, status: int, body: bytes, error: str) -> None:
    """Checks everything that a refusal carries."""
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["x-amzn-ErrorType"] == error
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(body))
    common(answer)


def common(answer: Answer) -> None:
    assert UUID.fullmatch(answer.headers["x-amzn-RequestId"])
    date = email.utils.parsedate_to_datetime(answer.headers["Date"])
    off = abs(datetime.datetime.now(datetime.timezone.utc) - date)
    assert off < datetime.timedelta(minutes=1)
    assert answer.headers["Connection"] in (None, "keep-alive")


def test_row_7_all_is_fine(fleet: Fleet, device: Device, alias: str) -> None:
    answer = fleet.ask(device, alias, device.thing)
    assert answer.status == 200 and answer.headers["x-amzn-ErrorType"] is None
    assert answer.headers["Content-Type"] == "application/json"
    common(answer)
    inner = answer.json["credentials"]
    assert list(answer.json) == ["credentials"]
    assert list(inner) == ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"]
    assert len(inner["accessKeyId"]) == 20 and inner["accessKeyId"].startswith("ASIA")
    assert len(inner["secretAccessKey"]) == 40 and len(inner["expiration"]) == 20
    ends = datetime.datetime.strptime(inner["expiration"], "%Y-%m-%dT%H:%M:%SZ")
    left = ends - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert datetime.timedelta(seconds=3530) < left <= datetime.timedelta(seconds=3600)
    event = fleet.server.audit(answer.request_id)[0]
    assert (event["decision"], event["status"]) == ("allow", 200)
    assert event["access_key_id"] == inner["accessKeyId"] and event["thing"] == device.thing


def test_row_6_the_alias_lasts_longer_than_the_role_allows(fleet: Fleet, device: Device) -> None:
    alias = fleet.alias(fleet.role(), seconds=3601)
    refusal(fleet.ask(device, alias), 400, TOO_LONG, "InvalidRequestException")


def test_row_5_the_role_is_missing(fleet: Fleet, device: Device) -> None:
    role = fleet.role()
    alias = fleet.alias(role)
    fleet.admin.iam.delete_role(RoleName=role.rsplit("/", 1)[1])
    refusal(fleet.ask(device, alias), 400, NO_ROLE, "InvalidRequestException")


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"},
        {**SERVICE_TRUST["Statement"], "Action": "sts:TagSession"},
        {
            **SERVICE_TRUST["Statement"],
            "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
        },
    ],
    ids=["another-service", "an-account", "another-action", "another-source-account"],
)
def test_row_5_the_role_does_not_trust_the_provider(fleet: Fleet, device: Device, statement: dict) -> None:
    alias = fleet.alias(fleet.role(trust={"Version": "2012-10-17", "Statement": statement}))
    refusal(fleet.ask(device, alias), 400, NO_ROLE, "InvalidRequestException")


def test_a_trust_policy_may_name_the_account_and_the_alias(fleet: Fleet, device: Device) -> None:
    own = name("alias")
    statement = {
        **SERVICE_TRUST["Statement"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": fleet.server.account},
            "ArnEquals": {"aws:SourceArn": fleet.arn("iot", f"rolealias/{own}")},
        },
    }
    role = fleet.role(trust={"Version": "2012-10-17", "Statement": [statement]})
    fleet.admin.iot.create_role_alias(roleAlias=own, roleArn=role)
    assert fleet.ask(device, own).status == 200
    refusal(fleet.ask(device, fleet.alias(role)), 400, NO_ROLE, "InvalidRequestException")


def test_row_4_the_alias_does_not_exist(fleet: Fleet, device: Device) -> None:
    refusal(fleet.ask(device, name("no-alias")), 404, NO_ALIAS, "ResourceNotFoundException")


def test_row_3_the_policy_does_not_allow(fleet: Fleet, alias: str) -> None:
    other = fleet.arn("iot", "rolealias/other")
    for document in [
        policy(allow("iot:AssumeRoleWithCertificate", other)),
        policy(allow("iot:Connect")),
        policy(allow("iot:AssumeRoleWithCertificate"), deny("iot:*", fleet.arn("iot", f"rolealias/{alias}"))),
    ]:
        refusal(fleet.ask(fleet.device(None, document), alias), 403, DENIED, "AccessDeniedException")
    refusal(fleet.ask(fleet.device(None, None), alias), 403, DENIED, "AccessDeniedException")


def test_row_3_stands_before_row_4_so_that_aliases_cannot_be_guessed(fleet: Fleet, alias: str) -> None:
    device = fleet.device(None, None)
    there, missing = fleet.ask(device, alias), fleet.ask(device, name("no-alias"))
    assert (there.status, there.body) == (missing.status, missing.body) == (403, DENIED)


def test_row_2_the_thing_is_not_the_devices(fleet: Fleet, device: Device, alias: str) -> None:
    for thing in [fleet.thing(), name("no-thing"), "", "*", "a" * 200, "thing 1", "\xe9"]:
        refusal(fleet.ask(device, alias, thing), 403, NO_THING, "AccessDeniedException")


def test_row_2_stands_before_rows_3_and_4(fleet: Fleet) -> None:
    device = fleet.device(None, None)
    refusal(fleet.ask(device, name("no-alias"), fleet.thing()), 403, NO_THING, "AccessDeniedException")


def test_row_2_the_thing_header_twice_names_nothing(fleet: Fleet, device: Device, alias: str) -> None:
    twice = [("x-amzn-iot-thingname", device.thing or "")] * 2
    refusal(fleet.ask(device, alias, headers=twice), 403, NO_THING, "AccessDeniedException")


def states(fleet: Fleet) -> dict[str, Identity]:
    """Certificates that open nothing."""
    workshop = fleet.workshop
    deleted = fleet.device()
    fleet.admin.iot.detach_policy(policyName=deleted.iot_policy, target=deleted.certificate_arn)
    found: dict[str, Identity] = {"unregistered": workshop.self_signed("stranger")}
    for status in ["INACTIVE", "REVOKED"]:
        other = fleet.device()
        fleet.admin.iot.update_certificate(certificateId=other.certificate_id, newStatus=status)
        found[status] = other.identity
    found["never active"] = fleet.device(active=False).identity
    fleet.admin.iot.update_certificate(certificateId=deleted.certificate_id, newStatus="INACTIVE")
    fleet.admin.iot.delete_certificate(certificateId=deleted.certificate_id)
    found["deleted"] = deleted.identity
    return found


def test_row_1_the_certificate_is_not_one_that_opens_the_door(fleet: Fleet, alias: str) -> None:
    for state, identity in states(fleet).items():
        answer = fleet.ask(identity, alias)
        refusal(answer, 403, INVALID, "AccessDeniedException")
        event = fleet.server.audit(answer.request_id)[0]
        assert event["reason"]["check"] == "certificate", state


def test_row_1_stands_before_row_2(fleet: Fleet) -> None:
    stranger = fleet.workshop.self_signed("stranger")
    refusal(fleet.ask(stranger, name("a"), name("no-thing")), 403, INVALID, "AccessDeniedException")


def test_a_certificate_that_has_ended_cannot_be_registered_and_opens_nothing(
    fleet: Fleet, workshop: Workshop, alias: str
) -> None:
    ca = workshop.ca(name("Old CA"))
    ended = workshop.leaf(ca, "old", ended=True)
    with Refused() as refused:
        fleet.admin.iot.register_certificate_without_ca(certificatePem=ended.pem, status="ACTIVE")
    assert refused.code == "CertificateValidationException"
    refusal(fleet.ask(ended, alias), 403, INVALID, "AccessDeniedException")


def test_row_1_no_client_certificate(fleet: Fleet, alias: str) -> None:
    context = tls(fleet.server.ca)
    target = f"/role-aliases/{alias}/credentials"
    answer = ask_once(fleet.server.device_port, context, "GET", target, [("Host", "localhost")])
    refusal(answer, 403, INVALID, "AccessDeniedException")


def test_the_header_is_not_needed_but_then_no_thing_is_known(fleet: Fleet, device: Device, alias: str) -> None:
    answer = fleet.ask(device, alias)
    assert answer.status == 200
    assert "thing" not in fleet.server.audit(answer.request_id)[0]
    needs = policy(
        allow("iot:AssumeRoleWithCertificate", fleet.arn("iot", "rolealias/${iot:Connection.Thing.ThingName}"))
    )
    other = fleet.device(fleet.thing(), needs)
    role = fleet.role()
    fleet.admin.iot.create_role_alias(roleAlias=other.thing, roleArn=role)
    refusal(fleet.ask(other, other.thing or ""), 403, DENIED, "AccessDeniedException")
    assert fleet.ask(other, other.thing or "", other.thing).status == 200


def test_a_name_may_come_percent_encoded_or_bare(fleet: Fleet, device: Device) -> None:
    own = name("a,b=c@d-e_F")
    fleet.admin.iot.create_role_alias(roleAlias=own, roleArn=fleet.role())
    encoded = quote(own, safe="")
    lower_case_digits = encoded.replace("%2C", "%2c").replace("%3D", "%3d")
    for written in [own, encoded, lower_case_digits, "%61" + own[1:]]:
        assert fleet.ask(device, written).status == 200, written
    assert fleet.ask(device, own.upper()).status == 404


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/role-aliases/{alias}/credentials/", 404),
        ("GET", "/role-aliases//credentials", 404),
        ("GET", "/role-aliases/{alias}", 404),
        ("GET", "//role-aliases/{alias}/credentials", 404),
        ("GET", "/role-aliases/x/../{alias}/credentials", 404),
        ("GET", "/role-aliases/{alias}%2Fcredentials", 404),
        ("GET", "/role-aliases/a%00b/credentials", 404),
        ("GET", "/role-aliases/a%2Fb/credentials", 404),
        ("GET", "/role-aliases/%E2%98%83/credentials", 404),
        ("GET", "/role-aliases/%FF/credentials", 404),
        ("GET", "/role-aliases/%zz/credentials", 404),
        ("GET", "/role-aliases/" + 129 * "a" + "/credentials", 404),
        ("POST", "/role-aliases/{alias}/credentials", 405),
        ("PUT", "/role-aliases/{alias}/credentials", 405),
        ("DELETE", "/role-aliases/{alias}/credentials", 405),
        ("OPTIONS", "/role-aliases/{alias}/credentials", 405),
    ],
)
def test_other_paths_and_methods_are_not_there(
    fleet: Fleet, device: Device, alias: str, method: str, target: str, status: int
) -> None:
    context = tls(fleet.server.ca, device.identity)
    target = target.replace("{alias}", alias)
    headers = [("Host", "localhost"), ("Content-Length", "0")]
    answer = ask_once(fleet.server.device_port, context, method, target, headers)
    message = {404: "Not Found", 405: "Method Not Allowed"}[status]
    error = {404: "ResourceNotFoundException", 405: "MethodNotAllowedException"}[status]
    refusal(answer, status, json.dumps({"message": message}, separators=(",", ":")).encode(), error)


def test_the_duration_header_shortens_and_never_lengthens(fleet: Fleet, device: Device) -> None:
    alias = fleet.alias(fleet.role(), seconds=1800)
    header = "x-amzn-iot-credential-duration-seconds"

    def seconds(wanted: str) -> float:
        answer = fleet.ask(device, alias, headers=[(header, wanted)])
        assert answer.status == 200, answer.body
        keys(answer)
        ends = datetime.datetime.strptime(answer.json["credentials"]["expiration"], "%Y-%m-%dT%H:%M:%SZ")
        return (ends - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)).total_seconds()

    assert 830 < seconds("900") <= 900
    assert 1730 < seconds("1800") <= 1800
    assert 1730 < seconds("43200") <= 1800
    long = fleet.alias(fleet.role(), seconds=7200)
    assert fleet.ask(device, long).status == 400, "longer than the role allows"
    assert fleet.ask(device, long, headers=[(header, "3600")]).status == 200
    for wrong in ["899", "0", "-1", "abc", "", "900.5", " ", "+900", "0900", "9e2"]:
        answer = fleet.ask(device, alias, headers=[(header, wrong)])
        assert answer.status == 400 and answer.json["message"], wrong
        assert answer.headers["x-amzn-ErrorType"] == "InvalidRequestException"


def test_the_answer_fits_the_smallest_client(fleet: Fleet) -> None:
    thing_type = name("T")[:128].ljust(128, "t")
    fleet.admin.iot.create_thing_type(thingTypeName=thing_type)
    for length, token_max in [(128, 1879), (64, 700)]:
        thing, alias = name("n").ljust(length, "n"), name("a").ljust(length, "a")
        kind = {"thingTypeName": thing_type} if length == 128 else {}
        fleet.admin.iot.create_thing(thingName=thing, **kind)
        role_name = name("r").ljust(64, "r")
        trust = json.dumps(SERVICE_TRUST)
        role = fleet.admin.iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        fleet.admin.iot.create_role_alias(roleAlias=alias, roleArn=role)
        answer = fleet.ask(fleet.device(thing), alias, thing)
        assert answer.status == 200 and len(answer.body) <= 2048
        assert len(keys(answer).session_token or "") <= token_max


def test_the_line_stays_open_after_refusals(fleet: Fleet, device: Device, alias: str) -> None:
    context = tls(fleet.server.ca, device.identity)
    host = [("Host", "localhost")]
    with Line(connect(fleet.server.device_port, context)) as line:
        for target, status in [
            (f"/role-aliases/{name('no-alias')}/credentials", 404),
            ("/nothing", 404),
            (f"/role-aliases/{alias}/credentials", 200),
        ]:
            assert line.ask("GET", target, host).status == status
        thing = [*host, ("x-amzn-iot-thingname", "nobody")]
        assert line.ask("GET", f"/role-aliases/{alias}/credentials", thing).body == NO_THING
        assert line.ask("GET", f"/role-aliases/{alias}/credentials", host).status == 200


def test_boto3_works_with_the_credentials(fleet: Fleet, device: Device, alias: str) -> None:
    session = fleet.session(device, alias)
    assert session.dynamodb.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200
    told = session.sts.get_caller_identity()
    role = fleet.admin.iot.describe_role_alias(roleAlias=alias)["roleAliasDescription"]["roleArn"]
    role_name = role.rsplit("/", 1)[1]
    assert told["Arn"] == fleet.arn("sts", f"assumed-role/{role_name}/{device.certificate_id}")
    role_id = fleet.admin.iam.get_role(RoleName=role_name)["Role"]["RoleId"]
    assert told["UserId"] == f"{role_id}:{device.certificate_id}"
    assert told["Account"] == fleet.server.account


def test_a_certificate_of_a_registered_ca_works_with_and_without_its_chain(
    fleet: Fleet, workshop: Workshop, alias: str
) -> None:
    ca = workshop.ca(name("Chain CA"), pki.P384)
    fleet.admin.iot.register_ca_certificate(caCertificate=ca.pem, certificateMode="SNI_ONLY", setAsActive=True)
    for kind in [pki.RSA, pki.P256, pki.P384]:
        leaf = workshop.leaf(ca, name("leaf"), kind)
        made = fleet.admin.iot.register_certificate(certificatePem=leaf.pem, setAsActive=True)
        registered = Device(leaf, made["certificateArn"], made["certificateId"], None, None)
        fleet.attach(registered)
        assert made["certificateId"] == leaf.fingerprint
        chain = leaf.cert.with_suffix(".chain")
        chain.write_text(leaf.pem + ca.pem)
        for cert in (leaf.cert, chain):
            assert fleet.ask(Identity(cert, leaf.key), alias).status == 200


def test_a_certificate_without_a_ca_works(fleet: Fleet, workshop: Workshop, alias: str) -> None:
    own = workshop.self_signed(name("own"))
    made = fleet.admin.iot.register_certificate_without_ca(certificatePem=own.pem, status="ACTIVE")
    fleet.attach(Device(own, made["certificateArn"], made["certificateId"], None, None))
    assert fleet.ask(own, alias).status == 200


def test_many_ask_at_once(fleet: Fleet, device: Device, alias: str) -> None:
    """Fifty connections that are open together; every one gets credentials of its own."""
    context = tls(fleet.server.ca, device.identity)
    lines = [Line(connect(fleet.server.device_port, context)) for _ in range(50)]
    request = f"GET /role-aliases/{alias}/credentials HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for line in lines:
        line.send(request)
    answers = [line.answer() for line in lines]
    for line in lines:
        line.stream.close()
    assert {answer.status for answer in answers} == {200}
    assert len({keys(answer).access_key_id for answer in answers}) == 50
