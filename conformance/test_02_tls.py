"""The credentials endpoint's TLS: versions, ALPN, names, proof of possession, and the AWS Common Runtime."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
from collections.abc import Callable

import pytest
from awscrt.auth import AwsCredentialsProvider
from awscrt.io import ClientTlsContext, TlsContextOptions

from harness.clients import Refused, Sdk
from harness.fleet import Device, Fleet, allow, policy
from harness.http import Answer, Line, ask_http_2, connect, tls
from harness.pki import Identity, Workshop
from harness.server import Keys, Server

INVALID = b'{"message":"Certificate is invalid on this endpoint"}'
DOMAIN = "iot.example.com"


@pytest.fixture(scope="module")
def device(fleet: Fleet) -> Device:
    return fleet.device(fleet.thing())


@pytest.fixture(scope="module")
def alias(fleet: Fleet) -> str:
    return fleet.alias(fleet.role(policy(allow("dynamodb:ListTables"))))


def ask(server: Server, context: ssl.SSLContext, alias: str, name: str | None = "localhost") -> Answer:
    with Line(connect(server.device_port, context, name)) as line:
        return line.ask("GET", f"/role-aliases/{alias}/credentials", [("Host", "x")])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(
    fleet: Fleet, device: Device, alias: str, version: ssl.TLSVersion
) -> None:
    context = tls(fleet.server.ca, device.identity, version=version)
    with Line(connect(fleet.server.device_port, context)) as line:
        assert line.stream.version() == {771: "TLSv1.2", 772: "TLSv1.3"}[version]
        answer = line.ask("GET", f"/role-aliases/{alias}/credentials", [("Host", "x")])
    assert answer.status == 200


def test_tls_1_1_is_not_spoken(fleet: Fleet) -> None:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{fleet.server.device_port}", "-tls1_1", "-cipher",
         "DEFAULT@SECLEVEL=0"],
        input="", capture_output=True, text=True, check=False, timeout=30,
    )
    assert done.returncode != 0


@pytest.mark.parametrize("alpn", [None, ["http/1.1"], ["http/1.1", "h2"]])
def test_http_1_1_is_spoken_with_and_without_alpn(
    fleet: Fleet, device: Device, alias: str, alpn: list[str] | None
) -> None:
    context = tls(fleet.server.ca, device.identity, alpn=alpn)
    with Line(connect(fleet.server.device_port, context)) as line:
        assert line.stream.selected_alpn_protocol() in (None, "http/1.1")
        assert line.ask("GET", f"/role-aliases/{alias}/credentials", [("Host", "x")]).status == 200


def test_http_2_is_spoken_to_who_asks_for_it(fleet: Fleet, device: Device, alias: str) -> None:
    context = tls(fleet.server.ca, device.identity, alpn=["h2"])
    with connect(fleet.server.device_port, context) as stream:
        assert stream.selected_alpn_protocol() == "h2"
        status, body = ask_http_2(stream, f"/role-aliases/{alias}/credentials")
    assert status == b"\x88" and list(json.loads(body)) == ["credentials"]


def test_curl_gets_credentials(fleet: Fleet, device: Device, alias: str) -> None:
    url = f"https://{fleet.server.device}/role-aliases/{alias}/credentials"
    command = ["curl", "--silent", "--show-error", "--fail", "--cacert", str(fleet.server.ca), "--cert",
               str(device.identity.cert), "--key", str(device.identity.key), url, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.count("sessionToken") == 2


def test_http_1_0_is_answered(fleet: Fleet, device: Device, alias: str) -> None:
    with Line(connect(fleet.server.device_port, tls(fleet.server.ca, device.identity))) as line:
        line.send(f"GET /role-aliases/{alias}/credentials HTTP/1.0\r\n\r\n".encode())
        assert line.answer().status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_stolen_certificate_without_its_key_opens_nothing(
    fleet: Fleet, device: Device, workshop: Workshop, alias: str, version: ssl.TLSVersion
) -> None:
    stolen = workshop.stolen(device.identity, workshop.key())
    before = len(fleet.server.events())
    with pytest.raises((ssl.SSLError, ConnectionError, OSError)):
        ask(fleet.server, tls(fleet.server.ca, stolen, version=version), alias)
    given = [e for e in fleet.server.events()[before:] if e["door"] == "device"]
    assert not given, "a handshake that failed reached the endpoint"
    own = Identity(device.identity.cert, device.identity.key)
    assert ask(fleet.server, tls(fleet.server.ca, own, version=version), alias).status == 200


def test_sessions_are_not_resumed(fleet: Fleet, device: Device, alias: str) -> None:
    """A resumed session would prove no possession of the key."""
    context = tls(fleet.server.ca, device.identity, version=ssl.TLSVersion.TLSv1_2)
    first = connect(fleet.server.device_port, context)
    session = first.session
    first.close()
    plain = socket.create_connection(("127.0.0.1", fleet.server.device_port), timeout=10)
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as second:
        assert not second.session_reused


def test_the_server_certificate_names_what_it_is_reached_by(fleet: Fleet, device: Device, alias: str) -> None:
    context = tls(fleet.server.ca, device.identity)
    for name in ["localhost", "127.0.0.1"]:
        assert ask(fleet.server, context, alias, name).status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(fleet.server, context, alias, "elsewhere.example.com")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with a domain: its endpoint has a name of its own."""
    server = Server(tmp_path_factory.mktemp("named"), f'domain = "{DOMAIN}"\nregion = "eu-west-1"\n').start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def named_fleet(named: Server, workshop: Workshop) -> Fleet:
    return Fleet(named, workshop)


def test_with_a_domain_the_endpoint_has_the_shape_of_aws_names(named: Server, named_fleet: Fleet) -> None:
    told = named_fleet.admin.iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]
    host = told.rsplit(":", 1)[0]
    assert host.endswith(f".credentials.iot.eu-west-1.{DOMAIN}") and named.device.startswith(host)
    again = named_fleet.admin.iot.describe_endpoint(endpointType="iot:CredentialProvider")
    assert again["endpointAddress"] == told


def test_with_a_domain_only_the_right_name_is_answered(named: Server, named_fleet: Fleet) -> None:
    device = named_fleet.device()
    alias = named_fleet.alias(named_fleet.role())
    host = named.device.rsplit(":", 1)[0]
    assert ask(named, tls(named.ca, device.identity), alias, host).status == 200
    assert ask(named, tls(named.ca, device.identity), alias, host.upper()).status == 200
    loose = tls(named.ca, device.identity, check_name=False)
    others = ["other.credentials.iot.eu-west-1." + DOMAIN, DOMAIN, "localhost", None]
    for other in others:
        answer = ask(named, loose, alias, other)
        assert (answer.status, answer.body) == (403, INVALID), other
        assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
        event = named.audit(answer.request_id)[0]
        assert event["reason"]["check"] == "server_name"
    spoofed = Line(connect(named.device_port, loose, DOMAIN))
    with spoofed:
        answer = spoofed.ask("GET", f"/role-aliases/{alias}/credentials", [("Host", host)])
    assert answer.status == 403, "the Host header is not the server name"


def need_port_443() -> None:
    """Fails where 443 cannot be listened on; it is left out only where the system keeps it from us."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 443))
        except OSError as error:
            reason = f"the AWS Common Runtime knows no port but 443, and 127.0.0.1:443 cannot be listened on: {error}"
            if isinstance(error, PermissionError) and os.geteuid() != 0:
                pytest.skip(f"NOT TESTED: {reason}; run as root, or with net.ipv4.ip_unprivileged_port_start=443")
            pytest.fail(reason)


def test_the_aws_common_runtime_gets_credentials(another: Callable[..., Server], workshop: Workshop) -> None:
    need_port_443()
    server = another(device="127.0.0.1:443").start()
    fleet = Fleet(server, workshop)
    assert server.device == "localhost:443"
    told = fleet.admin.iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]
    assert told == "localhost"
    thing = fleet.thing()
    device = fleet.device(thing)
    table = fleet.table()
    own = fleet.arn("dynamodb", "table/${credentials-iot:ThingName}")
    alias = fleet.alias(fleet.role(policy(allow("dynamodb:PutItem", own), allow("dynamodb:ListTables"))))
    options = TlsContextOptions.create_client_with_mtls_from_path(
        str(device.identity.cert), str(device.identity.key)
    )
    options.override_default_trust_store_from_path(None, str(server.ca))
    provider = AwsCredentialsProvider.new_x509(
        endpoint=told, thing_name=thing, role_alias=alias, tls_ctx=ClientTlsContext(options)
    )
    given = provider.get_credentials().result(timeout=20)
    assert given.access_key_id.startswith("ASIA") and given.expiration is not None
    session = Sdk(server, Keys(given.access_key_id, given.secret_access_key, given.session_token))
    assert session.dynamodb.list_tables()["TableNames"] == [table]
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item={"id": {"S": "1"}})
    assert refused.code == "AccessDeniedException"
