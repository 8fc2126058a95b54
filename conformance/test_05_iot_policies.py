"""IoT policies at the credentials endpoint: what of thing and certificate they can ask about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.clients import Refused
from harness.fleet import Device, Fleet, allow, deny, policy
from harness.pki import Identity, openssl

ACTION = "iot:AssumeRoleWithCertificate"


@pytest.fixture(scope="module")
def alias(fleet: Fleet) -> str:
    return fleet.alias(fleet.role())


@pytest.fixture(scope="module")
def thermostat(fleet: Fleet) -> Device:
    """A device of our own CA with a thing that has a type and attributes."""
    thing_type = "kind-of-thermostat"
    fleet.admin.iot.create_thing_type(thingTypeName=thing_type)
    thing = fleet.thing(thing_type, {"Owner": "Alice", "Room": "kitchen"})
    ca = fleet.workshop.ca("Issuing CA")
    device = registered(fleet, fleet.workshop.leaf(ca, "thermostat-7"))
    fleet.admin.iot.attach_thing_principal(thingName=thing, principal=device.certificate_arn)
    return Device(device.identity, device.certificate_arn, device.certificate_id, thing, None)


def registered(fleet: Fleet, identity: Identity) -> Device:
    made = fleet.admin.iot.register_certificate_without_ca(certificatePem=identity.pem, status="ACTIVE")
    return Device(identity, made["certificateArn"], made["certificateId"], None, None)


def is_allowed(fleet: Fleet, device: Device, alias: str, document: str, thing: str | None = "") -> bool:
    """Asks under one IoT policy, and under no other."""
    own = fleet.attach(device, document)
    answer = fleet.ask(device, alias, device.thing if thing == "" else thing)
    fleet.admin.iot.detach_policy(policyName=own, target=device.certificate_arn)
    assert answer.status == 200 or (answer.status, answer.body) == (403, b'{"message":"Access Denied"}')
    return answer.status == 200


CONDITIONS: list[tuple[dict[str, Any], bool, bool]] = [
    # Condition, whether it holds with the thing named, whether without.
    ({"StringEquals": {"iot:Connection.Thing.Attributes[Owner]": "Alice"}}, True, False),
    ({"StringEquals": {"iot:Connection.Thing.Attributes[Owner]": "alice"}}, False, False),
    ({"StringEquals": {"iot:Connection.Thing.Attributes[Colour]": "red"}}, False, False),
    ({"StringEquals": {"iot:Connection.Thing.ThingTypeName": "kind-of-thermostat"}}, True, False),
    ({"StringLike": {"iot:Connection.Thing.ThingName": "thing-*"}}, True, False),
    ({"StringLike": {"iot:Connection.Thing.ThingName": "?"}}, False, False),
    ({"Bool": {"iot:Connection.Thing.IsAttached": "true"}}, True, False),
    ({"StringEquals": {"iot:Certificate.Subject.CommonName": "thermostat-7"}}, True, True),
    ({"StringEquals": {"iot:Certificate.Subject.CommonName": "thermostat-8"}}, False, False),
    ({"StringEquals": {"iot:Certificate.Issuer.CommonName": "Issuing CA"}}, True, True),
    ({"StringEquals": {"iot:Certificate.Subject.Country": "DE"}}, False, False),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}, True, True),
    ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False, False),
    ({"StringEquals": {"credentials-iot:ThingName": "${iot:Connection.Thing.ThingName}"}}, False, False),
    ({"StringEquals": {"iot:ClientId": "x"}}, False, False),
]


@pytest.mark.parametrize(("condition", "named", "bare"), CONDITIONS, ids=lambda value: json.dumps(value))
def test_conditions(
    fleet: Fleet, thermostat: Device, alias: str, condition: dict[str, Any], named: bool, bare: bool
) -> None:
    document = policy(allow(ACTION, "*", Condition=condition))
    assert is_allowed(fleet, thermostat, alias, document) is named
    assert is_allowed(fleet, thermostat, alias, document, thing=None) is bare
    document = policy(allow(ACTION), deny(ACTION, "*", Condition=condition))
    assert is_allowed(fleet, thermostat, alias, document) is not named


def test_the_certificate_id_is_a_variable(fleet: Fleet, thermostat: Device, alias: str) -> None:
    own = {"StringEquals": {"iot:CertificateId": thermostat.certificate_id}}
    other = {"StringEquals": {"iot:CertificateId": "0" * 64}}
    assert is_allowed(fleet, thermostat, alias, policy(allow(ACTION, "*", Condition=own)))
    assert not is_allowed(fleet, thermostat, alias, policy(allow(ACTION, "*", Condition=other)))


def test_an_alias_may_be_named_after_the_thing_and_the_certificate(fleet: Fleet, thermostat: Device) -> None:
    role = fleet.role()
    for own, variable in {
        thermostat.thing or "": "${iot:Connection.Thing.ThingName}",
        "kind-of-thermostat-alias": "${iot:Connection.Thing.ThingTypeName}-alias",
        "kitchen": "${iot:Connection.Thing.Attributes[Room]}",
        "thermostat-7": "${iot:Certificate.Subject.CommonName}",
    }.items():
        fleet.admin.iot.create_role_alias(roleAlias=own, roleArn=role)
        document = policy(allow(ACTION, fleet.arn("iot", f"rolealias/{variable}")))
        assert is_allowed(fleet, thermostat, own, document), variable
        assert not is_allowed(fleet, thermostat, fleet.alias(role), document), variable


def test_the_value_of_a_variable_is_never_a_wildcard(fleet: Fleet, alias: str) -> None:
    """Who may choose a common name may not choose `*` and with it every alias."""
    document = policy(allow(ACTION, fleet.arn("iot", "rolealias/${iot:Certificate.Subject.CommonName}")))
    for chosen in ["*", "?" * len(alias), alias[:-1] + "?", "${iot:CertificateId}", "a\\*"]:
        key = fleet.workshop.key()
        cert = key.with_suffix(".pem")
        openssl("req", "-x509", "-new", "-key", key, "-days", "30", "-subj", f"/CN={chosen}", "-out", cert)
        device = registered(fleet, Identity(cert, key))
        assert not is_allowed(fleet, device, alias, document, thing=None), chosen
    honest = registered(fleet, fleet.workshop.self_signed(alias))
    assert is_allowed(fleet, honest, alias, document, thing=None)


def test_policies_add_up_and_one_deny_is_final(fleet: Fleet, thermostat: Device, alias: str) -> None:
    first = fleet.attach(thermostat, policy(allow(ACTION)))
    assert fleet.ask(thermostat, alias).status == 200
    second = fleet.attach(thermostat, policy(deny("iot:Assume*", fleet.arn("iot", f"rolealias/{alias}"))))
    assert fleet.ask(thermostat, alias).status == 403
    for own in (first, second):
        fleet.admin.iot.detach_policy(policyName=own, target=thermostat.certificate_arn)
    assert fleet.ask(thermostat, alias).status == 403


def test_an_eleventh_policy_is_refused(fleet: Fleet) -> None:
    device = fleet.device(None, None)
    for _ in range(10):
        fleet.attach(device)
    with Refused() as refused:
        fleet.attach(device)
    assert (refused.status, refused.code) == (410, "LimitExceededException")


def test_a_thing_that_changes_is_seen_at_the_next_request(fleet: Fleet, alias: str) -> None:
    thing = fleet.thing(None, {"Owner": "Alice"})
    condition = {"StringEquals": {"iot:Connection.Thing.Attributes[Owner]": "Alice"}}
    device = fleet.device(thing, policy(allow(ACTION, "*", Condition=condition)))
    for owner, status in [("Alice", 200), ("Bob", 403), ("Alice", 200)]:
        fleet.admin.iot.update_thing(thingName=thing, attributePayload={"attributes": {"Owner": owner}})
        assert fleet.ask(device, alias, thing).status == status
