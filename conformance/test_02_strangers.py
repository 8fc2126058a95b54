"""Only a registered certificate opens the endpoint: its CA does not vouch for others, nor does a chain."""

from __future__ import annotations

import pytest

from harness.fleet import Device, Fleet
from harness.pki import Identity, Workshop


@pytest.fixture(scope="module")
def alias(fleet: Fleet) -> str:
    return fleet.alias(fleet.role())


@pytest.fixture(scope="module")
def ca(fleet: Fleet, workshop: Workshop) -> Identity:
    """A CA that is registered and ACTIVE, registration of its certificates on sight included."""
    made = workshop.ca("Registered CA")
    code = fleet.admin.iot.get_registration_code()["registrationCode"]
    registered = fleet.admin.iot.register_ca_certificate(
        caCertificate=made.pem,
        verificationCertificate=workshop.leaf(made, code).pem,
        setAsActive=True,
    )
    told = fleet.admin.iot.describe_ca_certificate(certificateId=registered["certificateId"])
    assert told["certificateDescription"]["status"] == "ACTIVE"
    return made


@pytest.fixture(scope="module")
def registered(fleet: Fleet, workshop: Workshop, ca: Identity) -> Device:
    """A device whose certificate the CA signed, and which is registered."""
    leaf = workshop.leaf(ca, "registered")
    made = fleet.admin.iot.register_certificate(certificatePem=leaf.pem, caCertificatePem=ca.pem, status="ACTIVE")
    device = Device(leaf, made["certificateArn"], made["certificateId"], None, None)
    fleet.attach(device)
    return device


def refused(fleet: Fleet, identity: Identity, alias: str) -> None:
    answer = fleet.ask(identity, alias)
    assert answer.status == 403 and b"sessionToken" not in answer.body, answer.body
    (event,) = fleet.server.audit(answer.request_id)
    assert event["decision"] == "deny" and event["reason"]["check"] == "certificate", event


def behind(workshop: Workshop, first: Identity, *others: Identity) -> Identity:
    """An identity that shows other certificates behind its own."""
    chain = workshop.folder / f"chain-{first.fingerprint[:16]}-{len(others)}.pem"
    chain.write_text("".join(own.pem for own in (first, *others)))
    return Identity(chain, first.key)


def test_a_leaf_of_a_registered_ca_must_be_registered_itself(
    fleet: Fleet, workshop: Workshop, ca: Identity, registered: Device, alias: str
) -> None:
    assert fleet.ask(registered, alias).status == 200
    leaf = workshop.leaf(ca, "unregistered")
    refused(fleet, leaf, alias)
    refused(fleet, behind(workshop, leaf, ca), alias)
    known = fleet.admin.iot.list_certificates(pageSize=250)["certificates"]
    assert leaf.fingerprint not in [own["certificateId"] for own in known], "asking registers nobody"


def test_the_ca_is_no_device(fleet: Fleet, ca: Identity, registered: Device, alias: str) -> None:
    assert fleet.ask(registered, alias).status == 200
    refused(fleet, ca, alias)


def test_a_registered_certificate_behind_a_strangers_vouches_for_nobody(
    fleet: Fleet, workshop: Workshop, ca: Identity, registered: Device, alias: str
) -> None:
    stranger = workshop.self_signed("stranger")
    for leaf in (stranger, workshop.leaf(ca, "unregistered too")):
        refused(fleet, behind(workshop, leaf, registered.identity), alias)
        refused(fleet, behind(workshop, leaf, registered.identity, ca), alias)
    assert fleet.ask(behind(workshop, registered.identity, ca), alias).status == 200
    assert fleet.ask(behind(workshop, registered.identity, stranger), alias).status == 200
