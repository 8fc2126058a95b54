"""Every operation that is served: refused to who may not, carried out for who may, written down both times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from harness import secrets
from harness.clients import Refused, Sdk, request_id
from harness.fleet import Fleet, allow, deny, name, policy
from harness.server import run
from harness.walk import STEPS, Told, prepared

COVERAGE = Path(__file__).with_name("coverage.txt")


class Walk:
    """The walk over all operations, and what it has seen of each."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.told: Told = prepared(fleet)
        _, self.nobody = fleet.user()
        self.seen: set[tuple[str, str]] = set()

    def call(self, sdk: Sdk, service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        return getattr(sdk.service(service), xform_name(operation))(**given)

    def step(self, service: str, operation: str, given: dict[str, Any]) -> None:
        own = f"{service}:{operation}"
        if operation != "GetCallerIdentity":
            with Refused() as refused:
                self.call(self.nobody, service, operation, given)
            assert refused.status == 403 and refused.code in ("AccessDenied", "AccessDeniedException"), refused.message
            assert f"is not authorized to perform: {own} on resource: " in refused.message
            (event,) = self.fleet.server.audit(refused.request_id)
            assert event["decision"] == "deny" and own in event["action"].split()
            assert event["resource"] in refused.message or event["resource"]
            self.seen.add((own, "refusal"))
        answer = self.call(self.fleet.admin, service, operation, given)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        self.seen.add((own, "success"))
        (event,) = self.fleet.server.audit(request_id(answer))
        assert event["decision"] == "allow" and own in event["action"].split(), event
        assert event["principal"].endswith(":user/administrator")
        self.seen.add((own, "audit"))
        self.told.answers[own] = answer
        if operation == "CreateAccessKey":
            secrets.note(answer["AccessKey"]["SecretAccessKey"])
        if operation == "CreateKeysAndCertificate":
            secrets.note_private_key(answer["keyPair"]["PrivateKey"])


@pytest.fixture(scope="module")
def walk(fleet: Fleet) -> Walk:
    return Walk(fleet)


@pytest.fixture(scope="module")
def operations() -> dict[str, list[dict[str, Any]]]:
    return json.loads(run("operations").stdout)


@pytest.mark.parametrize(("service", "operation", "given"), STEPS, ids=[f"{s}:{o}" for s, o, _ in STEPS])
def test_every_operation_in_turn(walk: Walk, service: str, operation: str, given: Any) -> None:
    walk.step(service, operation, given(walk.told))


def test_each_operation_has_all_its_tests_or_stands_on_the_list(
    walk: Walk, operations: dict[str, list[dict[str, Any]]]
) -> None:
    routed = {f"{service}:{row['name']}" for service, rows in operations.items() for row in rows}
    assert routed == {f"{service}:{operation}" for service, operation, _ in STEPS}
    wanted = {(own, kind) for own in routed for kind in ("success", "refusal", "audit")}
    lines = [line.split(" ", 2) for line in COVERAGE.read_text().splitlines() if not line.startswith("#")]
    excused = {(own, kind) for own, kind, reason in lines if reason}
    if len({own for own, _ in walk.seen}) < len(routed):
        pytest.skip("only some operations were walked: the list is held against a whole run")
    assert wanted - walk.seen == excused


def test_iot_listings_give_pages_that_add_up(fleet: Fleet) -> None:
    things = {fleet.thing() for _ in range(7)}
    pages = fleet.admin.iot.get_paginator("list_things").paginate(PaginationConfig={"PageSize": 3})
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["things"]))
        found += [thing["thingName"] for thing in page["things"]]
    assert set(sizes[:-1]) == {3} and len(found) == len(set(found)) and things <= set(found)
    names = {fleet.attach(fleet.device(None, None)) for _ in range(3)}
    pages = fleet.admin.iot.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 2})
    found = [row["policyName"] for page in pages for row in page["policies"]]
    assert len(found) == len(set(found)) and names <= set(found)


def test_iam_listings_give_pages_that_add_up(fleet: Fleet) -> None:
    roles = {fleet.role().rsplit("/", 1)[1] for _ in range(5)}
    pages = fleet.admin.iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2})
    found = [role["RoleName"] for page in pages for role in page["Roles"]]
    assert len(found) == len(set(found)) and roles <= set(found)


def test_a_marker_that_is_none_is_refused(fleet: Fleet) -> None:
    for call in (
        lambda: fleet.admin.iot.list_things(nextToken="x"),
        lambda: fleet.admin.iot.list_policies(marker="not base64"),
        lambda: fleet.admin.iam.list_roles(Marker="x"),
        lambda: fleet.admin.iot.list_things(maxResults=0),
        lambda: fleet.admin.iot.list_policies(pageSize=251),
        lambda: fleet.admin.iam.list_roles(MaxItems=1001),
    ):
        with Refused() as refused:
            call()
        assert refused.status == 400, refused.message


def test_making_the_same_thing_again_is_no_fault_and_making_it_otherwise_is(fleet: Fleet) -> None:
    thing = fleet.thing()
    first = fleet.admin.iot.describe_thing(thingName=thing)["thingId"]
    assert fleet.admin.iot.create_thing(thingName=thing)["thingId"] == first
    with Refused() as refused:
        fleet.admin.iot.create_thing(thingName=thing, attributePayload={"attributes": {"a": "b"}})
    assert (refused.status, refused.code) == (409, "ResourceAlreadyExistsException")


def test_what_is_absent_is_told_in_the_services_own_words(fleet: Fleet) -> None:
    iot, iam = fleet.admin.iot, fleet.admin.iam
    for call, status, code in (
        (lambda: iot.describe_thing(thingName=name("no")), 404, "ResourceNotFoundException"),
        (lambda: iot.describe_certificate(certificateId="0" * 64), 404, "ResourceNotFoundException"),
        (lambda: iot.describe_role_alias(roleAlias=name("no")), 404, "ResourceNotFoundException"),
        (lambda: iot.delete_role_alias(roleAlias=name("no")), 404, "ResourceNotFoundException"),
        (lambda: iot.get_policy(policyName=name("no")), 404, "ResourceNotFoundException"),
        (lambda: iam.get_role(RoleName=name("no")), 404, "NoSuchEntity"),
        (lambda: iam.get_user(UserName=name("no")), 404, "NoSuchEntity"),
        (lambda: iam.get_policy(PolicyArn=fleet.arn("iam", "policy/no")), 404, "NoSuchEntity"),
    ):
        with Refused() as refused:
            call()
        assert (refused.status, refused.code) == (status, code), refused.message
        assert refused.message and type(refused.error).__name__ != "ClientError", "a modelled exception"


def test_a_missing_member_is_told_in_the_services_own_words(fleet: Fleet) -> None:
    admin = fleet.admin
    for call, member, code in (
        (lambda: admin.sts.assume_role(RoleSessionName="session"), "roleArn", "ValidationError"),
        (lambda: admin.iam.create_role(AssumeRolePolicyDocument="{}"), "roleName", "ValidationError"),
        (lambda: admin.iot.create_role_alias(roleAlias=name("alias")), "roleArn", "InvalidRequestException"),
    ):
        with Refused() as refused:
            call()
        assert (refused.status, refused.code) == (400, code)
        assert refused.message == (
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: "
            "Member must not be null"
        )


def test_what_is_in_use_is_not_deleted(fleet: Fleet) -> None:
    iot, iam = fleet.admin.iot, fleet.admin.iam
    device = fleet.device(fleet.thing())
    role = fleet.role(policy(allow("iot:Connect"))).rsplit("/", 1)[1]
    for call, status, code in (
        (lambda: iot.delete_certificate(certificateId=device.certificate_id), 406, "CertificateStateException"),
        (lambda: iot.delete_policy(policyName=device.iot_policy), 409, "DeleteConflictException"),
        (lambda: iot.delete_thing(thingName=device.thing), 400, "InvalidRequestException"),
        (lambda: iam.delete_role(RoleName=role), 409, "DeleteConflict"),
    ):
        with Refused() as refused:
            call()
        assert (refused.status, refused.code) == (status, code), refused.message
    iot.update_certificate(certificateId=device.certificate_id, newStatus="INACTIVE")
    with Refused() as refused:
        iot.delete_certificate(certificateId=device.certificate_id, forceDelete=True)
    assert (refused.status, refused.code) == (409, "DeleteConflictException")


def test_a_ca_is_registered_only_by_who_holds_its_key(fleet: Fleet) -> None:
    iot, workshop = fleet.admin.iot, fleet.workshop
    code = iot.get_registration_code()["registrationCode"]
    assert iot.get_registration_code()["registrationCode"] == code
    ca, other = workshop.ca("Held CA"), workshop.ca("Other CA")
    for verification, error in (
        (workshop.leaf(ca, "wrong code"), "RegistrationCodeValidationException"),
        (workshop.leaf(other, code), "CertificateValidationException"),
        (workshop.self_signed(code), "CertificateValidationException"),
    ):
        with Refused() as refused:
            iot.register_ca_certificate(caCertificate=ca.pem, verificationCertificate=verification.pem)
        assert (refused.status, refused.code) == (400, error), refused.message
    with Refused() as refused:
        iot.register_ca_certificate(caCertificate=ca.pem)
    assert refused.status == 400
    leaf = workshop.leaf(other, "leaf")
    iot.register_ca_certificate(caCertificate=ca.pem, verificationCertificate=workshop.leaf(ca, code).pem)
    for given in ({}, {"caCertificatePem": ca.pem}, {"caCertificatePem": other.pem}):
        with Refused() as refused:
            iot.register_certificate(certificatePem=leaf.pem, **given)
        assert refused.code in ("CertificateValidationException", "CertificateStateException"), refused.message


def test_a_deny_on_one_resource_leaves_the_others(fleet: Fleet) -> None:
    ours, theirs = fleet.thing(), fleet.thing()
    _, user = fleet.user(policy(allow("iot:*"), deny("iot:*", fleet.arn("iot", f"thing/{theirs}"))))
    user.iot.describe_thing(thingName=ours)
    with Refused() as refused:
        user.iot.describe_thing(thingName=theirs)
    assert refused.code == "AccessDeniedException"
    with Refused() as refused:
        user.iot.delete_thing(thingName=theirs)
    assert refused.code == "AccessDeniedException"
