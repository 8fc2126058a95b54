"""Every decision is one line that says who, what, on what, why; and no line anywhere holds a secret."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import pytest

from harness import secrets
from harness.clients import Refused, request_id
from harness.fleet import Fleet, allow, deny, name, policy
from harness.http import ask_once, tls
from harness.server import run

ALWAYS = {"time", "request_id", "door", "decision", "account", "action", "resource", "source_address", "reason"}
SOMETIMES = {
    "principal", "certificate_id", "thing", "role_alias", "role", "access_key_id", "status", "error_code",
}


def checked(event: dict[str, Any]) -> None:
    """What holds of each event."""
    assert ALWAYS <= set(event) <= ALWAYS | SOMETIMES, event
    # The thing is told as the device named it, which may be by nothing.
    texts = {key: value for key, value in event.items() if key not in ("status", "reason", "thing")}
    assert all(isinstance(value, str) and value for value in texts.values()), event
    datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ")
    assert event["door"] in ("device", "service") and event["decision"] in ("allow", "deny")
    assert re.fullmatch(r"\d{12}", event["account"]) and event["source_address"] == "127.0.0.1"
    assert event["reason"]["check"] and event["reason"]["text"]
    if event["decision"] == "deny":
        assert event["status"] >= 400 and event["error_code"]


@pytest.fixture(scope="module")
def ids(fleet: Fleet) -> dict[str, str]:
    """Request ids of decisions of many kinds."""
    found: dict[str, str] = {}
    thing, table = fleet.thing(), fleet.table()
    device = fleet.device(thing)
    role = fleet.role(policy(allow("dynamodb:GetItem"), deny("dynamodb:PutItem")))
    alias = fleet.alias(role)
    found["vended"] = fleet.ask(device, alias, thing).request_id
    found["wrong thing"] = fleet.ask(device, alias, fleet.thing()).request_id
    found["no alias"] = fleet.ask(device, name("none"), thing).request_id
    session = fleet.session(device, alias)
    found["read"] = request_id(session.dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}}))
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item={"id": {"S": "1"}})
    found["write"] = refused.request_id
    with Refused() as refused:
        session.iot.list_things()
    found["list"] = refused.request_id
    fleet.admin.iot.update_certificate(certificateId=device.certificate_id, newStatus="REVOKED")
    with Refused() as refused:
        session.dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}})
    found["revoked"] = refused.request_id
    found["revoked vend"] = fleet.ask(device, alias, thing).request_id
    return found


def test_every_line_of_the_whole_run_has_all_its_members(fleet: Fleet, ids: dict[str, str]) -> None:
    events = fleet.server.events()
    assert len(events) > len(ids)
    for event in events:
        checked(event)


def test_a_request_is_decided_about_once(fleet: Fleet, ids: dict[str, str]) -> None:
    seen = [event["request_id"] for event in fleet.server.events()]
    assert len(seen) == len(set(seen))


def test_a_vend_says_who_got_what(fleet: Fleet, ids: dict[str, str]) -> None:
    (event,) = fleet.server.audit(ids["vended"])
    assert event["door"] == "device" and event["action"] == "iot:AssumeRoleWithCertificate"
    assert {"certificate_id", "thing", "role_alias", "role", "access_key_id"} <= set(event)
    assert event["resource"] == fleet.arn("iot", f"rolealias/{event['role_alias']}")
    (used,) = fleet.server.audit(ids["read"])
    for member in ("certificate_id", "thing", "role_alias", "role"):
        assert used[member] == event[member], member
    assert used["principal"].endswith(f"/{event['certificate_id']}")


WORDS = {
    "vended": ["was allowed (HTTP 200)", "iot:AssumeRoleWithCertificate"],
    "wrong thing": ["was refused (HTTP 403)", "decided by   the thing: "],
    "no alias": ["was refused (HTTP 404)", "decided by   the role alias: "],
    "read": ["was allowed", "dynamodb:GetItem on arn:aws:dynamodb:", "decided by   the identity-based policy: "],
    "write": ["was refused (HTTP 400)", "AccessDeniedException", "applies and denies"],
    "list": ["was refused (HTTP 403)", "iot:ListThings", "identity-based policy"],
    "revoked": ["was refused (HTTP 400)", "decided by   the session: ", "REVOKED"],
    "revoked vend": ["was refused (HTTP 403)", "decided by   the certificate: ", "REVOKED"],
}


@pytest.mark.parametrize("what", WORDS)
def test_a_decision_is_explained_in_prose(fleet: Fleet, ids: dict[str, str], what: str) -> None:
    text = fleet.server.explain(ids[what])
    assert text.startswith(f"Request {ids[what]} was ")
    for words in WORDS[what]:
        assert words in text, text


def test_an_explanation_is_there_as_json_too(fleet: Fleet, ids: dict[str, str]) -> None:
    done = run("audit", "explain", "--json", ids["write"], "--data-dir", fleet.server.data_dir)
    assert json.loads(done.stdout) == fleet.server.audit(ids["write"])[0]


def test_an_id_that_nobody_was_told_is_said_to_be_none(fleet: Fleet, ids: dict[str, str]) -> None:
    done = run("audit", "explain", "no-such-request", "--data-dir", fleet.server.data_dir)
    assert done.returncode == 1 and "no-such-request" in done.stderr and not done.stdout


def test_what_was_no_decision_is_said_to_be_none(fleet: Fleet) -> None:
    context = tls(fleet.server.ca)
    for method, path, status in [("GET", "/elsewhere", 404), ("POST", "/role-aliases/any/credentials", 405)]:
        answer = ask_once(fleet.server.device_port, context, method, path, [("Host", "x"), ("Content-Length", "0")])
        assert answer.status == status
        done = run("audit", "explain", answer.request_id, "--data-dir", fleet.server.data_dir)
        assert done.returncode == 1 and f"({status})" in done.stderr and answer.request_id in done.stderr


def test_no_secret_of_the_run_stands_in_any_log(fleet: Fleet, ids: dict[str, str]) -> None:
    logs = {
        "audit log": (fleet.server.data_dir / "audit.jsonl").read_text(),
        "server log": fleet.server.log(),
    }
    assert len(secrets.KNOWN) > 3
    for where, text in logs.items():
        assert text or where == "server log"
        for secret in secrets.KNOWN:
            # A part of a secret is a leak as well.
            assert secret not in text and secret[:24] not in text, f"the {where} holds a secret"


def test_no_secret_stands_in_the_registry_or_tables_in_clear(fleet: Fleet, ids: dict[str, str]) -> None:
    held = b"".join(path.read_bytes() for path in fleet.server.data_dir.glob("*.db*"))
    for secret in secrets.KNOWN:
        assert secret.encode() not in held, "the registry holds a secret in clear"
