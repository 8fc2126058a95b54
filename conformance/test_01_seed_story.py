"""The thermostat's story, step by step, with the unmodified AWS CLI, openssl and curl.

The steps are those of "How to eliminate the need for hardcoded AWS credentials in devices by using the
AWS IoT credentials provider" (AWS Security Blog); they share their state and run in order.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness import pki
from harness.clients import Shell
from harness.pki import Identity, openssl
from harness.server import Keys, Server

ALIAS = "Thermostat-dynamodb-access-role-alias"
ROLE = "dynamodb-access-role"
SERIAL = "123456789"
STAMP = "2017-11-20T06:00:00.000Z"


class Story:
    """What one step leaves for the next."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.admin = Shell(server, server.admin, folder)
        self.user: Shell
        self.user_name = "fleet-operator"
        self.ca: Identity
        self.device: Identity
        self.certificate_arn = ""
        self.credentials: dict[str, str] = {}

    def write(self, name: str, document: Any) -> str:
        text = document if isinstance(document, str) else json.dumps(document, indent=2)
        (self.folder / name).write_text(text)
        return f"file://{name}"

    def curl(self, *more: str) -> subprocess.CompletedProcess[str]:
        command = ["curl", "--silent", "--show-error", "--cacert", str(self.server.ca), *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture(scope="module")
def story(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(server, tmp_path_factory.mktemp("story"))


def test_step_1_a_thing_type_and_a_thing_are_created(story: Story) -> None:
    made = story.admin.aws("iot", "create-thing-type", "--thing-type-name", "Thermostat")
    account = story.server.account
    assert set(made) == {"thingTypeName", "thingTypeId", "thingTypeArn"}
    assert made["thingTypeArn"] == f"arn:aws:iot:us-east-1:{account}:thingtype/Thermostat"
    made = story.admin.aws(
        "iot", "create-thing", "--thing-name", "MyHomeThermostat", "--thing-type-name", "Thermostat",
        "--attribute-payload", '{"attributes": {"Owner":"Alice"}}',
    )
    assert set(made) == {"thingArn", "thingName", "thingId"}
    assert made["thingArn"] == f"arn:aws:iot:us-east-1:{account}:thing/MyHomeThermostat"
    told = story.admin.aws("iot", "describe-thing", "--thing-name", "MyHomeThermostat")
    assert told["attributes"] == {"Owner": "Alice"} and told["thingTypeName"] == "Thermostat"


def test_step_2_the_ca_is_registered_with_a_verification_certificate(story: Story) -> None:
    code = story.admin.aws("iot", "get-registration-code")["registrationCode"]
    assert re.fullmatch(r"[0-9a-f]{64}", code)
    workshop = pki.Workshop(story.folder)
    story.ca = workshop.ca("Thermostat CA", pki.RSA)
    verification = workshop.leaf(story.ca, code, pki.RSA)
    made = story.admin.aws(
        "iot", "register-ca-certificate", "--ca-certificate", f"file://{story.ca.cert}",
        "--verification-certificate", f"file://{verification.cert}", "--set-as-active",
        "--allow-auto-registration",
    )
    assert made["certificateId"] == story.ca.fingerprint
    assert made["certificateArn"].endswith(f":cacert/{story.ca.fingerprint}")


def test_step_2_a_device_certificate_without_extensions_is_registered(story: Story) -> None:
    workshop = pki.Workshop(story.folder)
    story.device = workshop.leaf(story.ca, "MyHomeThermostat", pki.RSA)
    assert "Version: 1 (0x0)" in openssl("x509", "-in", story.device.cert, "-noout", "-text")
    made = story.admin.aws(
        "iot", "register-certificate", "--certificate-pem", f"file://{story.device.cert}",
        "--ca-certificate-pem", f"file://{story.ca.cert}", "--set-as-active",
    )
    assert made["certificateId"] == story.device.fingerprint
    story.certificate_arn = made["certificateArn"]
    output = story.admin.aws(
        "iot", "attach-thing-principal", "--thing-name", "MyHomeThermostat", "--principal", story.certificate_arn,
    )
    assert output is None
    listed = story.admin.aws("iot", "list-thing-principals", "--thing-name", "MyHomeThermostat")
    assert listed["principals"] == [story.certificate_arn]


def test_step_3_a_role_with_trust_and_access_policy_is_created(story: Story) -> None:
    account = story.server.account
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "credentials.iot.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    made = story.admin.aws(
        "iam", "create-role", "--role-name", ROLE,
        "--assume-role-policy-document", story.write("trustpolicyforiot.json", trust),
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{account}:role/{ROLE}" and made["Path"] == "/"
    assert made["AssumeRolePolicyDocument"] == trust
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    access = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            ],
            "Resource": f"arn:aws:dynamodb:us-east-1:{account}:table/${{credentials-iot:ThingName}}",
        },
    }
    made = story.admin.aws(
        "iam", "create-policy", "--policy-name", "accesspolicyfordynamodb",
        "--policy-document", story.write("accesspolicyfordynamodb.json", access),
    )["Policy"]
    assert made["AttachmentCount"] == 0 and made["DefaultVersionId"] == "v1" and made["IsAttachable"] is True
    output = story.admin.aws(
        "iam", "attach-role-policy", "--role-name", ROLE, "--policy-arn", made["Arn"],
    )
    assert output is None


def test_step_3_a_user_is_made_who_may_not_pass_the_role_yet(story: Story) -> None:
    story.admin.aws("iam", "create-user", "--user-name", story.user_name)
    key = story.admin.aws("iam", "create-access-key", "--user-name", story.user_name)["AccessKey"]
    story.user = Shell(story.server, Keys(key["AccessKeyId"], key["SecretAccessKey"]), story.folder)
    own = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["iot:CreateRoleAlias", "iot:DescribeEndpoint"],
            "Resource": "*",
        },
    }
    story.admin.aws(
        "iam", "put-user-policy", "--user-name", story.user_name, "--policy-name", "operate",
        "--policy-document", story.write("operate.json", own),
    )
    said = story.user.refused(*_create_role_alias(story))
    user_arn = f"arn:aws:iam::{story.server.account}:user/{story.user_name}"
    assert "(AccessDeniedException)" in said
    assert f"User: {user_arn} is not authorized to perform: iam:PassRole on resource: {_role_arn(story)}" in said


def test_step_3_the_pass_role_permission_is_given(story: Story) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["iam:GetRole", "iam:PassRole"], "Resource": _role_arn(story)},
    }
    made = story.admin.aws(
        "iam", "create-policy", "--policy-name", "passrolepermission",
        "--policy-document", story.write("passrolepermission.json", document),
    )["Policy"]
    output = story.admin.aws(
        "iam", "attach-user-policy", "--policy-arn", made["Arn"], "--user-name", story.user_name,
    )
    assert output is None
    told = story.user.aws("iam", "get-role", "--role-name", ROLE)
    assert told["Role"]["MaxSessionDuration"] == 3600


def test_step_4_the_user_creates_the_role_alias(story: Story) -> None:
    made = story.user.aws(*_create_role_alias(story))
    arn = f"arn:aws:iot:us-east-1:{story.server.account}:rolealias/{ALIAS}"
    assert made == {"roleAlias": ALIAS, "roleAliasArn": arn}
    told = story.admin.aws("iot", "describe-role-alias", "--role-alias", ALIAS)["roleAliasDescription"]
    assert told["credentialDurationSeconds"] == 43200 and told["owner"] == story.server.account


def test_step_5_the_iot_policy_is_created_and_attached(story: Story) -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "iot:AssumeRoleWithCertificate",
                "Resource": f"arn:aws:iot:us-east-1:{story.server.account}:rolealias/"
                "${iot:Connection.Thing.ThingTypeName}-dynamodb-access-role-alias",
                "Condition": {
                    "StringEquals": {
                        "iot:Connection.Thing.Attributes[Owner]": "Alice",
                        "iot:Connection.Thing.ThingTypeName": "Thermostat",
                    },
                    "Bool": {"iot:Connection.Thing.IsAttached": "true"},
                },
            },
        },
        indent=2,
    )
    made = story.admin.aws(
        "iot", "create-policy", "--policy-name", "AliceThermostatPolicy",
        "--policy-document", story.write("alicethermostatpolicy.json", text),
    )
    assert made["policyDocument"] == text and made["policyVersionId"] == "1"
    output = story.admin.aws(
        "iot", "attach-policy", "--policy-name", "AliceThermostatPolicy", "--target", story.certificate_arn,
    )
    assert output is None


def test_step_6_the_endpoint_is_described(story: Story) -> None:
    told = story.user.aws("iot", "describe-endpoint", "--endpoint-type", "iot:CredentialProvider")
    assert told == {"endpointAddress": story.server.device}


def test_step_6_a_duration_beyond_the_roles_is_refused_until_the_role_allows_it(story: Story) -> None:
    refused = _ask(story)
    assert refused.stdout.endswith("\n400") and json.loads(refused.stdout[:-4]) == {
        "message": "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"
    }
    story.admin.aws("iam", "update-role", "--role-name", ROLE, "--max-session-duration", "43200")
    given = _ask(story)
    assert given.stdout.endswith("\n200"), given.stdout + given.stderr
    answer = json.loads(given.stdout[:-4])
    assert list(answer) == ["credentials"]
    story.credentials = answer["credentials"]
    assert list(story.credentials) == ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"]
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", story.credentials["accessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", story.credentials["secretAccessKey"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", story.credentials["expiration"])


def test_step_7_the_device_writes_its_record_with_the_token(story: Story) -> None:
    story.admin.aws(
        "dynamodb", "create-table", "--table-name", "MyHomeThermostat",
        "--attribute-definitions", "AttributeName=serial_number,AttributeType=S",
        "AttributeName=timestamp,AttributeType=S",
        "--key-schema", "AttributeName=serial_number,KeyType=HASH", "AttributeName=timestamp,KeyType=RANGE",
        "--billing-mode", "PAY_PER_REQUEST",
    )
    item = {
        "serial_number": {"S": SERIAL},
        "timestamp": {"S": STAMP},
        "current_temp": {"N": "65"},
        "target_temp": {"N": "70"},
        "humidity": {"N": "45"},
    }
    put = _device_shell(story).aws(
        "dynamodb", "put-item", "--table-name", "MyHomeThermostat", "--item", story.write("item.json", item),
        "--return-consumed-capacity", "TOTAL",
    )
    assert put == {"ConsumedCapacity": {"CapacityUnits": 1.0, "TableName": "MyHomeThermostat"}}
    key = {"serial_number": {"S": SERIAL}, "timestamp": {"S": STAMP}}
    kept = story.admin.aws(
        "dynamodb", "get-item", "--table-name", "MyHomeThermostat", "--key", json.dumps(key),
    )
    assert kept["Item"] == item


def test_epilogue_the_device_reaches_no_other_table_and_nothing_else(story: Story) -> None:
    device = _device_shell(story)
    own = f"assumed-role/{ROLE}/{story.device.fingerprint}"
    told = device.aws("sts", "get-caller-identity")
    assert told["Arn"] == f"arn:aws:sts::{story.server.account}:{own}"
    said = device.refused(
        "dynamodb", "put-item", "--table-name", "SomebodyElse", "--item", '{"serial_number": {"S": "1"}}',
    )
    assert "(AccessDeniedException)" in said
    assert f"{own} is not authorized to perform: dynamodb:PutItem on resource:" in said
    assert "because no identity-based policy allows the dynamodb:PutItem action" in said
    assert "(AccessDeniedException)" in device.refused("iot", "list-things")
    assert "(AccessDenied)" in device.refused("iam", "list-users")


def test_epilogue_a_revoked_certificate_ends_the_session_at_once(story: Story) -> None:
    story.admin.aws(
        "iot", "update-certificate", "--certificate-id", story.device.fingerprint, "--new-status", "REVOKED",
    )
    assert "(UnrecognizedClientException)" in _device_shell(story).refused("dynamodb", "list-tables")
    refused = _ask(story)
    assert refused.stdout == '{"message":"Certificate is invalid on this endpoint"}\n403'


def test_epilogue_the_audit_log_tells_the_whole_story(story: Story) -> None:
    own = [e for e in story.server.events() if e.get("certificate_id") == story.device.fingerprint]
    told = {(e["door"], e["decision"], e["reason"]["check"]) for e in own}
    assert ("device", "deny", "duration") in told
    assert any(door == "device" and decision == "allow" for door, decision, _ in told)
    assert ("service", "allow", "identity_policy") in told
    assert ("service", "deny", "identity_policy") in told
    assert ("device", "deny", "certificate") in told


def _role_arn(story: Story) -> str:
    return f"arn:aws:iam::{story.server.account}:role/{ROLE}"


def _create_role_alias(story: Story) -> tuple[str, ...]:
    return (
        "iot", "create-role-alias", "--role-alias", ALIAS, "--role-arn", _role_arn(story),
        "--credential-duration-seconds", "43200",
    )


def _ask(story: Story) -> subprocess.CompletedProcess[str]:
    return story.curl(
        "--cert", str(story.device.cert), "--key", str(story.device.key), "--write-out", "\n%{http_code}",
        "-H", "x-amzn-iot-thingname: MyHomeThermostat",
        f"https://{story.server.device}/role-aliases/{ALIAS}/credentials",
    )


def _device_shell(story: Story) -> Shell:
    own = story.credentials
    return Shell(
        story.server, Keys(own["accessKeyId"], own["secretAccessKey"], own["sessionToken"]), story.folder
    )
