"""Listings through the AWS command line: the pages of each add up to the whole of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from harness.clients import Shell
from harness.fleet import Fleet, allow, policy
from harness.pki import Workshop
from harness.server import Server, run

MANY = 3
# Their request has a `pageSize` of its own: the command line hands `--page-size` and `--marker` through.
PAGED_BY_HAND = {
    "ListAttachedPolicies", "ListCACertificates", "ListCertificates", "ListPolicies", "ListRoleAliases",
    "ListTargetsForPolicy",
}


class Stock:
    """A server on which every listing has several rows."""

    def __init__(self, server: Server, workshop: Workshop, folder: Path) -> None:
        self.fleet = Fleet(server, workshop)
        self.shell = Shell(server, server.admin, folder)
        self.stock_iot(workshop)
        self.stock_iam()
        for _ in range(MANY):
            self.fleet.table()

    def stock_iot(self, workshop: Workshop) -> None:
        fleet, iot = self.fleet, self.fleet.admin.iot
        code = iot.get_registration_code()["registrationCode"]
        for number in range(MANY):
            iot.create_thing_type(thingTypeName=f"type-{number}")
            ca = workshop.ca(f"Pages CA {number}")
            iot.register_ca_certificate(caCertificate=ca.pem, verificationCertificate=workshop.leaf(ca, code).pem)
        self.things = [fleet.thing() for _ in range(MANY)]
        self.devices = [fleet.device(self.things[0]) for _ in range(MANY)]
        self.certificate, self.iot_policy = self.devices[0].certificate_arn, self.devices[0].iot_policy or ""
        for thing in self.things[1:]:
            iot.attach_thing_principal(thingName=thing, principal=self.certificate)
        for device in self.devices[1:]:
            iot.attach_policy(policyName=self.iot_policy, target=device.certificate_arn)
            iot.attach_policy(policyName=device.iot_policy, target=self.certificate)

    def stock_iam(self) -> None:
        fleet, iam = self.fleet, self.fleet.admin.iam
        document = policy(allow("iot:Connect"))
        self.users = [fleet.user()[0] for _ in range(MANY)]
        self.roles = [fleet.role().rsplit("/", 1)[1] for _ in range(MANY)]
        for role in self.roles:
            fleet.alias(fleet.arn("iam", f"role/{role}"))
        self.user, self.role = self.users[0], self.roles[0]
        iam.create_access_key(UserName=self.user)
        made = [iam.create_policy(PolicyName=f"managed-{number}", PolicyDocument=document) for number in range(MANY)]
        arns = [answer["Policy"]["Arn"] for answer in made]
        self.policy_arn = arns[0]
        for number, arn in enumerate(arns):
            iam.create_policy_version(PolicyArn=self.policy_arn, PolicyDocument=document)
            iam.put_user_policy(UserName=self.user, PolicyName=f"own-{number}", PolicyDocument=document)
            iam.put_role_policy(RoleName=self.role, PolicyName=f"own-{number}", PolicyDocument=document)
            iam.attach_user_policy(UserName=self.user, PolicyArn=arn)
            iam.attach_role_policy(RoleName=self.role, PolicyArn=arn)
        for user, role in zip(self.users[1:], self.roles[1:]):
            iam.attach_user_policy(UserName=user, PolicyArn=self.policy_arn)
            iam.attach_role_policy(RoleName=role, PolicyArn=self.policy_arn)

    def command(self, service: str, operation: str) -> list[str]:
        """The command of a listing, with what it needs."""
        needed = {
            "ListAttachedPolicies": ["--target", self.certificate],
            "ListTargetsForPolicy": ["--policy-name", self.iot_policy],
            "ListThingPrincipals": ["--thing-name", self.things[0]],
            "ListPrincipalThings": ["--principal", self.certificate],
            "ListAccessKeys": ["--user-name", self.user],
            "ListUserPolicies": ["--user-name", self.user],
            "ListAttachedUserPolicies": ["--user-name", self.user],
            "ListRolePolicies": ["--role-name", self.role],
            "ListAttachedRolePolicies": ["--role-name", self.role],
            "ListPolicyVersions": ["--policy-arn", self.policy_arn],
            "ListEntitiesForPolicy": ["--policy-arn", self.policy_arn],
        }
        # The operation's name in the command line, which keeps CA in one piece.
        return [service, xform_name(operation, "-"), *needed.get(operation, [])]

    def rows(self, *command: str) -> tuple[list[str], str | None]:
        """What a listing gives, and with what it goes on."""
        answer = self.shell.aws(*command)
        lists = [value for value in answer.values() if isinstance(value, list)]
        rows = [json.dumps(row, sort_keys=True) for rows in lists for row in rows]
        return rows, answer.get("NextToken") or answer.get("nextMarker")


def listings() -> list[tuple[str, str]]:
    """All that is served and has pages."""
    session, told = botocore.session.Session(), json.loads(run("operations").stdout)
    served = [(service, row["name"]) for service, rows in told.items() for row in rows] + [("dynamodb", "ListTables")]
    paged = {service: _paged(session, service) for service in {service for service, _ in served}}
    return [(service, operation) for service, operation in served if operation in paged[service]]


def _paged(session: botocore.session.Session, service: str) -> set[str]:
    try:
        model: dict[str, Any] = session.get_component("data_loader").load_service_model(service, "paginators-1")
    except botocore.exceptions.UnknownServiceError:
        return set()
    return set(model["pagination"])


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Stock]:
    server = Server(tmp_path_factory.mktemp("pages")).start()
    yield Stock(server, workshop, tmp_path_factory.mktemp("shell"))
    server.kill()


def test_there_are_listings_of_every_kind() -> None:
    found = listings()
    assert len(found) >= 20 and {service for service, _ in found} == {"iot", "iam", "dynamodb"}


@pytest.mark.parametrize(("service", "operation"), listings(), ids=lambda value: value)
def test_the_pages_of_a_listing_are_the_whole_of_it(stock: Stock, service: str, operation: str) -> None:
    command = stock.command(service, operation)
    whole, _ = stock.rows(*command)
    assert len(whole) >= 2 and len(set(whole)) == len(whole)
    if operation == "ListEntitiesForPolicy":
        # The command line cannot cut a listing of three lists.
        pages, _ = stock.rows(*command, "--page-size", "1")
        assert sorted(pages) == sorted(whole)
        return
    if service == "iot" and operation in PAGED_BY_HAND:
        found, marker = stock.rows(*command, "--page-size", "1")
        while marker:
            page, marker = stock.rows(*command, "--page-size", "1", "--marker", marker)
            assert len(page) <= 1
            found += page
        assert found == whole
        return
    first, token = stock.rows(*command, "--page-size", "1", "--max-items", "1")
    assert len(first) == 1 and token
    rest, token = stock.rows(*command, "--page-size", "1", "--starting-token", token)
    assert first + rest == whole and token is None
