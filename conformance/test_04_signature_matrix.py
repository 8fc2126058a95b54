"""Every way in which a signature can be wrong, for every service: never an allow, and AWS's words for it.

The rows are those of "Error summary for verification" in the notes on AWS's behaviour: what each protocol
calls the same event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness.fleet import Fleet, allow, name, policy
from harness.http import Answer
from harness.server import Keys
from harness.sign import Plain, Signed, sign

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON10 = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
REQUESTS = {
    "dynamodb": Plain("dynamodb", "POST", "/", JSON10, b"{}"),
    "iot": Plain("iot", "GET", "/role-aliases?isAscendingOrder=true&pageSize=10"),
    "iot-body": Plain(
        "iot", "POST", "/thing-types/never", {"Content-Type": "application/json"}, b'{"thingTypeProperties":{}}'
    ),
    "iam": Plain("iam", "POST", "/", FORM, b"Action=ListUsers&Version=2010-05-08"),
    "sts": Plain("sts", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15"),
}
SERVICES = list(REQUESTS)

# Event: the code in awsJson1.0, restJson1 and awsQuery, and the status in each.
NO_AUTH = ("MissingAuthenticationTokenException", "MissingAuthenticationTokenException", "MissingAuthenticationToken")
UNKNOWN = ("UnrecognizedClientException", "UnrecognizedClientException", "InvalidClientTokenId")
BAD_SIGNATURE = ("InvalidSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch")
INCOMPLETE = ("IncompleteSignatureException", "IncompleteSignatureException", "IncompleteSignature")
NO_MATCH = "The request signature we calculated does not match the signature you provided."
NO_CALL = b"<UnknownOperationException/>"
INVALID_TOKEN = "The security token included in the request is invalid"


def refusal(fleet: Fleet, service: str, answer: Answer, event: tuple[str, str, str], text: str = "") -> None:
    """Checks status, code, words and the audit event of a refusal."""
    column = {"dynamodb": 0, "iot": 1, "iot-body": 1, "iam": 2, "sts": 2}[service]
    status = [400, 403, 400 if event is INCOMPLETE else 403][column]
    assert (answer.status, answer.code) == (status, event[column]), answer.body
    assert text in answer.message, answer.message
    assert answer.headers["Date"] and answer.request_id
    (written,) = fleet.server.audit(answer.request_id)
    assert written["decision"] == "deny" and written["door"] == "service"
    assert (written["status"], written["error_code"]) == (answer.status, answer.code)
    assert "principal" not in written, "who it is was not proved"


@dataclass(frozen=True)
class Signers:
    """Whose keys requests are signed with."""

    user: Keys
    device: Keys
    other_device: Keys


@pytest.fixture(scope="module")
def signers(fleet: Fleet) -> Signers:
    alias = fleet.alias(fleet.role(policy(allow("*"))))
    _, user = fleet.user(policy(allow("*")))
    devices = [fleet.session(fleet.device(), alias).keys for _ in range(2)]
    return Signers(user.keys, *devices)


@pytest.fixture(params=["user", "device"])
def keys(request: pytest.FixtureRequest, signers: Signers) -> Keys:
    return getattr(signers, request.param)


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_request_itself_is_allowed(fleet: Fleet, service: str, keys: Keys) -> None:
    """Without this, no refusal below would mean anything."""
    plain = REQUESTS[service]
    if service == "iot-body":
        plain = Plain("iot", "POST", f"/thing-types/{name('t')}", plain.headers, plain.body)
    answer = sign(fleet.server, plain, keys).send(fleet.server)
    assert answer.status == 200, answer.body
    (written,) = fleet.server.audit(answer.request_id)
    assert written["decision"] == "allow" and written["access_key_id"] == keys.access_key_id


def test_no_authorisation(fleet: Fleet, service: str, signers: Signers) -> None:
    signed = sign(fleet.server, REQUESTS[service], signers.user).without("Authorization")
    refusal(fleet, service, signed.send(fleet.server), NO_AUTH)
    refusal(fleet, service, signed.with_header("Authorization", "Bearer x").send(fleet.server), NO_AUTH)


@pytest.mark.parametrize("unknown", ["AKIAIOSFODNN7EXAMPLE", "test", "AKIA", "akia", "x" * 500, "*"])
def test_an_unknown_key_whatever_it_signs_with(fleet: Fleet, service: str, signers: Signers, unknown: str) -> None:
    """Not with a secret of somebody else's, nor with the key's own id, nor with an empty one."""
    for secret in [signers.user.secret_access_key, unknown, "", "test"]:
        answer = sign(fleet.server, REQUESTS[service], Keys(unknown, secret)).send(fleet.server)
        refusal(fleet, service, answer, UNKNOWN, INVALID_TOKEN)


TOKENS: dict[str, Callable[[Signers], Keys]] = {
    "no token": lambda s: Keys(s.device.access_key_id, s.device.secret_access_key),
    "empty token": lambda s: _with_token(s.device, ""),
    "no token at all": lambda s: _with_token(s.device, "token"),
    "shortened": lambda s: _with_token(s.device, s.device.session_token[:-1]),
    "lengthened": lambda s: _with_token(s.device, s.device.session_token + "A"),
    "first character changed": lambda s: _with_token(s.device, _flip(s.device.session_token, 0)),
    "middle changed": lambda s: _with_token(s.device, _flip(s.device.session_token, 100)),
    "end changed": lambda s: _with_token(s.device, _flip(s.device.session_token, -3)),
    "another session's": lambda s: _with_token(s.device, s.other_device.session_token),
    "a long-term key with a token": lambda s: _with_token(s.user, s.device.session_token),
    "another session's key": lambda s: Keys(
        s.other_device.access_key_id, s.device.secret_access_key, s.device.session_token
    ),
    "a long-term key's id as temporary": lambda s: Keys(
        "ASIA" + s.user.access_key_id[4:], s.user.secret_access_key, s.device.session_token
    ),
}


@pytest.mark.parametrize("fault", TOKENS)
def test_a_token_that_is_not_this_keys(fleet: Fleet, service: str, signers: Signers, fault: str) -> None:
    answer = sign(fleet.server, REQUESTS[service], TOKENS[fault](signers)).send(fleet.server)
    refusal(fleet, service, answer, UNKNOWN, INVALID_TOKEN)


def test_a_secret_of_somebody_else(fleet: Fleet, service: str, keys: Keys, signers: Signers) -> None:
    for secret in [signers.other_device.secret_access_key, "", keys.access_key_id, keys.secret_access_key.lower()]:
        wrong = Keys(keys.access_key_id, secret, keys.session_token)
        answer = sign(fleet.server, REQUESTS[service], wrong).send(fleet.server)
        refusal(fleet, service, answer, BAD_SIGNATURE, NO_MATCH)


def test_a_signature_that_is_none(fleet: Fleet, service: str, keys: Keys) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys)
    value = signed.header("Authorization")
    head, signature = value.rsplit("Signature=", 1)
    for wrong in ["0" * 64, signature[:-1], signature + "0", signature.upper(), _flip(signature, 0)]:
        answer = signed.with_header("Authorization", f"{head}Signature={wrong}").send(fleet.server)
        refusal(fleet, service, answer, BAD_SIGNATURE)


TAMPERINGS: dict[str, Callable[[Signed], Signed]] = {
    "body": lambda s: Signed(s.method, s.target, s.headers, s.body + b" "),
    "signed header": lambda s: s.with_header("Host", "localhost"),
    "date": lambda s: s.with_header("X-Amz-Date", _another_second(s.header("X-Amz-Date"))),
    "query": lambda s: Signed(s.method, s.target + ("&" if "?" in s.target else "?") + "x=1", s.headers, s.body),
    "path": lambda s: Signed(s.method, s.target.replace("/", "/x", 1), s.headers, s.body),
    "method": lambda s: Signed("PUT", s.target, s.headers, s.body),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_request_changed_after_it_was_signed(fleet: Fleet, service: str, keys: Keys, what: str) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys, minutes=-1)
    answer = TAMPERINGS[what](signed).send(fleet.server)
    if (service, what) == ("dynamodb", "method"):
        assert (answer.status, answer.body) == (404, NO_CALL), "who signed it is not asked"
    else:
        refusal(fleet, service, answer, BAD_SIGNATURE)


def test_a_signed_header_taken_away_or_doubled(fleet: Fleet, service: str, keys: Keys) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys)
    if keys.session_token:
        doubled = signed.adding("X-Amz-Security-Token", keys.session_token)
        assert doubled.send(fleet.server).status in (400, 403)
    doubled = signed.adding("X-Amz-Date", signed.header("X-Amz-Date"))
    assert doubled.send(fleet.server).status in (400, 403)


@pytest.mark.parametrize(("minutes", "words"), [(-20, "Signature expired: "), (20, "Signature not yet current: ")])
def test_twenty_minutes_off_are_too_much_everywhere(
    fleet: Fleet, service: str, keys: Keys, minutes: int, words: str
) -> None:
    answer = sign(fleet.server, REQUESTS[service], keys, minutes=minutes).send(fleet.server)
    refusal(fleet, service, answer, BAD_SIGNATURE, words)
    assert ("15 min.)" if service == "dynamodb" else "5 min.)") in answer.message


@pytest.mark.parametrize("minutes", [-6, 6])
def test_six_minutes_off_are_too_much_but_for_tables(fleet: Fleet, service: str, keys: Keys, minutes: int) -> None:
    answer = sign(fleet.server, REQUESTS[service], keys, minutes=minutes).send(fleet.server)
    if service == "dynamodb":
        assert answer.status == 200
    else:
        refusal(fleet, service, answer, BAD_SIGNATURE)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_fourteen_minutes_off_are_not_too_much_for_tables(fleet: Fleet, signers: Signers, minutes: int) -> None:
    answer = sign(fleet.server, REQUESTS["dynamodb"], signers.device, minutes=minutes).send(fleet.server)
    assert answer.status == 200


@pytest.mark.parametrize("scope", ["s3", "kinesis", "IOT", "", "iot/x", "dynamodb2", "execute-api"])
def test_a_scope_of_no_service_here(fleet: Fleet, service: str, keys: Keys, scope: str) -> None:
    answer = sign(fleet.server, REQUESTS[service], keys, service=scope or " ").send(fleet.server)
    assert answer.status in (400, 403) and answer.code not in ("", "AccessDeniedException", "AccessDenied")
    (written,) = fleet.server.audit(answer.request_id)
    assert written["decision"] == "deny" and "principal" not in written


@pytest.mark.parametrize("scope", ["dynamodb", "iot", "iam", "sts"])
def test_a_scope_of_another_service_reaches_nothing_of_this_one(
    fleet: Fleet, service: str, signers: Signers, scope: str
) -> None:
    """The scope names the service: a request for one, signed for another, is read as the other's."""
    if REQUESTS[service].service == scope:
        return
    answer = sign(fleet.server, REQUESTS[service], signers.user, service=scope).send(fleet.server)
    assert 400 <= answer.status < 500, answer.body
    for written in fleet.server.audit(answer.request_id):
        assert written["decision"] == "deny"


def test_a_scope_of_another_region(fleet: Fleet, service: str, keys: Keys) -> None:
    answer = sign(fleet.server, REQUESTS[service], keys, region="eu-north-7").send(fleet.server)
    if service in ("iam", "sts"):
        assert answer.status == 200, "IAM and STS are signed for any region"
    else:
        refusal(fleet, service, answer, BAD_SIGNATURE, "Credential should be scoped to a valid region")


@pytest.mark.parametrize("end", ["aws5_request", "AWS4_REQUEST", ""])
def test_a_scope_with_another_end(fleet: Fleet, service: str, signers: Signers, end: str) -> None:
    signed = sign(fleet.server, REQUESTS[service], signers.user)
    value = signed.header("Authorization").replace("/aws4_request", f"/{end}")
    answer = signed.with_header("Authorization", value).send(fleet.server)
    refusal(fleet, service, answer, BAD_SIGNATURE)


INCOMPLETES: dict[str, Callable[[str], str]] = {
    "no credential": lambda v: v.replace("Credential=", "Cred="),
    "no signature": lambda v: v.split(", Signature=")[0],
    "no signed headers": lambda v: v.replace("SignedHeaders=", "Headers="),
    "a scope of three parts": lambda v: v.replace("/aws4_request", ""),
    "nothing but the name": lambda v: "AWS4-HMAC-SHA256",
    "another algorithm": lambda v: v.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
    "the asymmetric algorithm": lambda v: v.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
}


@pytest.mark.parametrize("fault", INCOMPLETES)
def test_an_authorisation_that_lacks_something(fleet: Fleet, service: str, keys: Keys, fault: str) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys)
    value = INCOMPLETES[fault](signed.header("Authorization"))
    refusal(fleet, service, signed.with_header("Authorization", value).send(fleet.server), INCOMPLETE)


def test_a_host_that_is_not_signed(fleet: Fleet, service: str, keys: Keys) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys)
    value = signed.header("Authorization").replace("host;", "", 1)
    answer = signed.with_header("Authorization", value).send(fleet.server)
    assert answer.status in (400, 403) and answer.code.startswith(("InvalidSignature", "SignatureDoesNot", "Incomplete"))


def test_a_header_that_says_what_is_asked_for_and_is_not_signed(fleet: Fleet, keys: Keys) -> None:
    """Otherwise one signature would be good for every operation."""
    words = "must be a 'SignedHeader' in the AWS Authorization."
    table = REQUESTS["dynamodb"]
    headers = {own: value for own, value in table.headers.items() if own.lower() != "x-amz-target"}
    bare = sign(fleet.server, Plain("dynamodb", "POST", "/", headers, table.body), keys)
    for target in ("DynamoDB_20120810.ListTables", "DynamoDB_20120810.DeleteTable"):
        answer = bare.adding("X-Amz-Target", target).send(fleet.server)
        refusal(fleet, "dynamodb", answer, BAD_SIGNATURE, words)
    attach = sign(fleet.server, Plain("iot", "PUT", "/things/any/principals"), keys)
    principal = fleet.arn("iot", f"cert/{'0' * 64}")
    refusal(fleet, "iot", attach.adding("x-amzn-principal", principal).send(fleet.server), BAD_SIGNATURE, words)


def test_two_authorisations(fleet: Fleet, service: str, keys: Keys) -> None:
    signed = sign(fleet.server, REQUESTS[service], keys)
    both = signed.adding("Authorization", signed.header("Authorization")).send(fleet.server)
    assert both.status in (400, 403) and fleet.server.audit(both.request_id)[0]["decision"] == "deny"


def test_header_and_query_at_once(fleet: Fleet, service: str, keys: Keys) -> None:
    presigned = sign(fleet.server, REQUESTS[service], keys, presigned=True)
    signed = sign(fleet.server, REQUESTS[service], keys)
    both = presigned.adding("Authorization", signed.header("Authorization"))
    answer = both.adding("X-Amz-Date", signed.header("X-Amz-Date")).send(fleet.server)
    refusal(fleet, service, answer, BAD_SIGNATURE)


def test_a_presigned_request_is_verified_as_strictly(fleet: Fleet, service: str, keys: Keys) -> None:
    plain = REQUESTS[service]
    if service == "iot-body":
        plain = Plain("iot", "POST", f"/thing-types/{name('t')}", plain.headers, plain.body)
    presigned = sign(fleet.server, plain, keys, presigned=True)
    answer = presigned.send(fleet.server)
    assert answer.status == 200, answer.body
    wrong = Keys(keys.access_key_id, "x" * 40, keys.session_token)
    assert sign(fleet.server, plain, wrong, presigned=True).send(fleet.server).status in (400, 403)
    for old, new in [("X-Amz-Signature=", "X-Amz-Signature=0"), ("X-Amz-Expires=", "X-Amz-Expires=1")]:
        tampered = Signed(plain.method, presigned.target.replace(old, new), presigned.headers, plain.body)
        assert tampered.send(fleet.server).status in (400, 403)
    old = sign(fleet.server, plain, keys, presigned=True, minutes=-90).send(fleet.server)
    assert old.status in (400, 403)
    if plain.body:
        other_body = Signed(plain.method, presigned.target, presigned.headers, plain.body + b" ")
        assert other_body.send(fleet.server).status in (400, 403)


def test_a_presigned_get_names_the_caller(fleet: Fleet, keys: Keys) -> None:
    """As the IAM authenticator of Kubernetes and Vault send it."""
    plain = Plain("sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15")
    answer = sign(fleet.server, plain, keys, presigned=True).send(fleet.server)
    assert answer.status == 200 and b"GetCallerIdentityResult" in answer.body


def test_a_token_header_that_was_not_signed_is_read_all_the_same(fleet: Fleet, signers: Signers) -> None:
    """The KVS SDKs append the token after signing."""
    bare = Keys(signers.device.access_key_id, signers.device.secret_access_key)
    signed = sign(fleet.server, REQUESTS["iot"], bare)
    answer = signed.adding("X-Amz-Security-Token", signers.device.session_token).send(fleet.server)
    assert answer.status == 200
    answer = signed.adding("X-Amz-Security-Token", signers.other_device.session_token).send(fleet.server)
    refusal(fleet, "iot", answer, UNKNOWN)


@pytest.mark.parametrize("signed_by", ["the user", "a stranger", "nobody"])
def test_tables_look_at_the_call_before_they_ask_who_sent_it(
    fleet: Fleet, signers: Signers, signed_by: str
) -> None:
    def answer(method: str, headers: dict[str, str], body: bytes = b"{}") -> Answer:
        plain = Plain("dynamodb", method, "/", headers, body)
        keys = Keys("AKIAIOSFODNN7EXAMPLE", "x" * 40) if signed_by == "a stranger" else signers.user
        signed = sign(fleet.server, plain, keys)
        return (signed.without("Authorization") if signed_by == "nobody" else signed).send(fleet.server)

    def written(answer: Answer) -> None:
        (event,) = fleet.server.audit(answer.request_id)
        assert event["decision"] == "deny" and "principal" not in event
        assert (event["status"], event["error_code"]) == (answer.status, "UnknownOperationException")

    json_type, target = JSON10["Content-Type"], JSON10["X-Amz-Target"]
    for method, headers in [
        ("PUT", JSON10),
        ("DELETE", JSON10),
        ("POST", {"Content-Type": "text/plain", "X-Amz-Target": target}),
        ("POST", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}),
    ]:
        refused = answer(method, headers)
        assert (refused.status, refused.body) == (404, NO_CALL), (method, headers)
        written(refused)
    for unknown in ("DynamoDB_20120810.Nope", "DynamoDB_20120810", "Nope_1.ListTables", "DynamoDB_20120810.CreateBackup"):
        refused = answer("POST", {"Content-Type": json_type, "X-Amz-Target": unknown}, b"{")
        assert refused.status == 400, unknown
        assert refused.json == {"__type": "com.amazon.coral.service#UnknownOperationException"}, unknown
        written(refused)
    for good in (json_type, "application/json", "application/json; charset=utf-8"):
        allowed = answer("POST", {"Content-Type": good, "X-Amz-Target": target})
        assert allowed.status == (200 if signed_by == "the user" else 400), good
    healthy = answer("GET", {}, b"")
    assert (healthy.status, healthy.body) == (200, f"healthy: dynamodb.{fleet.server.region}.amazonaws.com ".encode())


def test_whatever_is_wrong_nothing_happens(fleet: Fleet, signers: Signers) -> None:
    """A tampered write leaves nothing behind."""
    own = name("never")
    plain = Plain("iot", "POST", f"/thing-types/{own}", {"Content-Type": "application/json"}, b"{}")
    signed = sign(fleet.server, plain, signers.user)
    tampered = Signed("POST", signed.target, signed.headers, json.dumps({"thingTypeProperties": {}}).encode())
    refusal(fleet, "iot", tampered.send(fleet.server), BAD_SIGNATURE)
    listed = fleet.admin.iot.list_thing_types(thingTypeName=own)["thingTypes"]
    assert listed == []


def _with_token(keys: Keys, token: str) -> Keys:
    return Keys(keys.access_key_id, keys.secret_access_key, token)


def _flip(text: str | None, index: int) -> str:
    """The same with one character changed."""
    characters = list(text or "")
    characters[index] = "A" if characters[index] != "A" else "B"
    return "".join(characters)


def _another_second(stamp: str) -> str:
    return stamp[:-2] + ("1Z" if stamp[-2] == "0" else "0Z")
