"""An operator's hands: things, certificates, roles, aliases and tables, as many as a test needs."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

from harness.clients import Sdk
from harness.http import Answer, ask_once, tls
from harness.pki import Identity, Workshop
from harness.server import Keys, Server

_NUMBER = itertools.count(1)

Document = dict[str, Any]

SERVICE_TRUST: Document = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "credentials.iot.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def name(noun: str) -> str:
    """A name that nobody else has."""
    return f"{noun}-{next(_NUMBER)}"


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Document:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Document:
    """A statement."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements: Document) -> str:
    """A document of statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Device:
    """A device: what it holds, and what the registry calls it."""

    identity: Identity
    certificate_arn: str
    certificate_id: str
    thing: str | None
    iot_policy: str | None


class Fleet:
    """Makes what tests need on a server, as its administrator."""

    def __init__(self, server: Server, workshop: Workshop) -> None:
        self.server, self.workshop = server, workshop
        self.admin = Sdk(server, server.admin)

    def arn(self, service: str, rest: str) -> str:
        region = "" if service in ("iam", "sts") else self.server.region
        return f"arn:aws:{service}:{region}:{self.server.account}:{rest}"

    def thing(self, thing_type: str | None = None, attributes: dict[str, str] | None = None) -> str:
        own = name("thing")
        more: Document = {"thingTypeName": thing_type} if thing_type else {}
        if attributes:
            more["attributePayload"] = {"attributes": attributes}
        self.admin.iot.create_thing(thingName=own, **more)
        return own

    def device(
        self, thing: str | None = None, iot_policy: str | None = "", *, active: bool = True
    ) -> Device:
        """A device with a certificate of the server's; its IoT policy allows every alias unless told.

        `iot_policy=None`: no policy at all.
        """
        iot = self.admin.iot
        key = self.workshop.key()
        csr = self.workshop.request(key, name("device")).read_text()
        made = iot.create_certificate_from_csr(certificateSigningRequest=csr, setAsActive=active)
        cert = key.with_suffix(".pem")
        cert.write_text(made["certificatePem"])
        device = Device(Identity(cert, key), made["certificateArn"], made["certificateId"], thing, None)
        if thing:
            iot.attach_thing_principal(thingName=thing, principal=device.certificate_arn)
        if iot_policy is None:
            return device
        return replace(device, iot_policy=self.attach(device, iot_policy))

    def attach(self, device: Device, document: str = "") -> str:
        """Attaches an IoT policy of its own to a device; gives its name."""
        own = name("iot-policy")
        document = document or policy(allow("iot:AssumeRoleWithCertificate"))
        self.admin.iot.create_policy(policyName=own, policyDocument=document)
        self.admin.iot.attach_policy(policyName=own, target=device.certificate_arn)
        return own

    def role(self, document: str | None = None, trust: Document = SERVICE_TRUST, **more: Any) -> str:
        """A role with an inline policy; gives its ARN."""
        own = name("role")
        made = self.admin.iam.create_role(
            RoleName=own, AssumeRolePolicyDocument=json.dumps(trust), **more
        )
        if document is not None:
            self.admin.iam.put_role_policy(RoleName=own, PolicyName="own", PolicyDocument=document)
        return made["Role"]["Arn"]

    def alias(self, role_arn: str, seconds: int | None = None) -> str:
        own = name("alias")
        more = {"credentialDurationSeconds": seconds} if seconds else {}
        self.admin.iot.create_role_alias(roleAlias=own, roleArn=role_arn, **more)
        return own

    def table(self) -> str:
        """A table with partition key `id`."""
        own = name("table")
        self.admin.dynamodb.create_table(
            TableName=own,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return own

    def user(self, document: str | None = None, **more: Any) -> tuple[str, Sdk]:
        """A user with an access key, and an inline policy if one is given."""
        own = name("user")
        self.admin.iam.create_user(UserName=own, **more)
        if document is not None:
            self.admin.iam.put_user_policy(UserName=own, PolicyName="own", PolicyDocument=document)
        key = self.admin.iam.create_access_key(UserName=own)["AccessKey"]
        return own, Sdk(self.server, Keys(key["AccessKeyId"], key["SecretAccessKey"]))

    def ask(
        self,
        device: Device | Identity,
        alias: str,
        thing: str | None = None,
        headers: list[tuple[str, str]] = [],
    ) -> Answer:
        """Asks for credentials as a device."""
        identity = device.identity if isinstance(device, Device) else device
        own = [("Host", self.server.device), *headers]
        if thing is not None:
            own.append(("x-amzn-iot-thingname", thing))
        context = tls(self.server.ca, identity)
        return ask_once(self.server.device_port, context, "GET", f"/role-aliases/{alias}/credentials", own)

    def session(self, device: Device, alias: str, thing: str | None = None) -> Sdk:
        """The SDK with credentials that a device got."""
        answer = self.ask(device, alias, thing if thing is not None else device.thing)
        assert answer.status == 200, answer.body
        return Sdk(self.server, keys(answer))

    def stranger(self, sdk: Sdk) -> str:
        """The ARN that the server knows a client by."""
        return sdk.sts.get_caller_identity()["Arn"]


def keys(answer: Answer) -> Keys:
    """The credentials of an answer."""
    given = answer.json["credentials"]
    return Keys(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
