"""What was acknowledged is kept; what is kept is private; what cannot work says so in one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness.clients import Sdk
from harness.fleet import Fleet, allow, name, policy
from harness.http import Line, connect, tls
from harness.pki import Workshop
from harness.server import Server, run
from harness.sign import Plain, sign
from harness.wait import until

Another = Callable[..., Server]
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_every_acknowledged_row_survives_a_power_cut(another: Another, workshop: Workshop) -> None:
    server = another().start()
    table = Fleet(server, workshop).table()
    acknowledged: set[str] = set()
    for cut in range(3):
        started = len(acknowledged)
        writers = [
            threading.Thread(target=_write, args=(Sdk(server, server.admin), table, f"{cut}-{n}", acknowledged))
            for n in range(4)
        ]
        for writer in writers:
            writer.start()
        until(lambda: len(acknowledged) >= started + 40 + 17 * cut, "forty rows and more")
        server.kill()
        for writer in writers:
            writer.join(timeout=60)
        server.start()
        kept = _rows(Sdk(server, server.admin), table)
        assert acknowledged <= kept, f"{len(acknowledged - kept)} acknowledged rows are gone"


def _write(sdk: Sdk, table: str, prefix: str, acknowledged: set[str]) -> None:
    for number in range(100_000):
        key = f"{prefix}-{number}"
        try:
            sdk.dynamodb.put_item(TableName=table, Item={"id": {"S": key}})
        except (BotoCoreError, ClientError):
            return
        acknowledged.add(key)


def _rows(sdk: Sdk, table: str) -> set[str]:
    pages = sdk.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def test_the_registry_and_live_sessions_survive_a_power_cut(another: Another, workshop: Workshop) -> None:
    server = another().start()
    fleet = Fleet(server, workshop)
    things = []
    for _ in range(5):
        things.append(fleet.thing())
    device = fleet.device(things[0])
    alias = fleet.alias(fleet.role(policy(allow("iot:DescribeThing"))))
    session = fleet.session(device, alias)
    revoked = fleet.device()
    fleet.admin.iot.update_certificate(certificateId=revoked.certificate_id, newStatus="REVOKED")
    events = len(server.events())
    server.kill()
    server.start()
    again = Fleet(server, workshop)
    for thing in things:
        assert again.admin.iot.describe_thing(thingName=thing)["thingName"] == thing
    assert Sdk(server, session.keys).iot.describe_thing(thingName=things[0])["thingName"] == things[0]
    assert again.ask(device, alias, things[0]).status == 200
    assert again.ask(revoked, alias).status == 403
    assert len(server.events()) > events


def test_a_second_start_finds_everything(another: Another) -> None:
    server = another().start()
    before = (server.account, server.region, server.admin, server.ca.read_bytes())
    endpoint = Sdk(server, server.admin).iot.get_registration_code()["registrationCode"]
    assert server.stop() == 0
    server.start()
    assert (server.account, server.region, server.admin, server.ca.read_bytes()) == before
    assert Sdk(server, server.admin).iot.get_registration_code()["registrationCode"] == endpoint


@pytest.mark.parametrize(
    "file", [None, "root.key", "thingpass.db", "administrator.json", "service-ca.pem", "device-ca.pem", "server.key"]
)
def test_a_first_start_that_is_killed_is_finished_by_the_next(another: Another, file: str | None) -> None:
    server = another()
    server.launch()
    if file:
        until((server.data_dir / file).exists, f"{file} in the data directory")
    server.kill()
    server.start()
    sdk = Sdk(server, server.admin)
    assert sdk.sts.get_caller_identity()["Arn"].endswith(":user/administrator")
    assert [user["UserName"] for user in sdk.iam.list_users()["Users"]] == ["administrator"]
    assert _keys(sdk) == [server.admin.access_key_id]
    assert _policies(sdk) == [ADMINISTRATOR_ACCESS]


def test_an_administrator_that_was_taken_away_stays_away(another: Another, workshop: Workshop) -> None:
    server = another().start()
    fleet = Fleet(server, workshop)
    own, sdk = fleet.user(policy(allow("*")))
    for left in ("no key", "no policy", "no file", "no user"):
        if left == "no key":
            sdk.iam.delete_access_key(UserName="administrator", AccessKeyId=server.admin.access_key_id)
        elif left == "no policy":
            sdk.iam.detach_user_policy(UserName="administrator", PolicyArn=ADMINISTRATOR_ACCESS)
        elif left == "no file":
            (server.data_dir / "administrator.json").unlink()
        else:
            sdk.iam.delete_user(UserName="administrator")
        assert server.stop() == 0
        server.start()
        sdk = Sdk(server, sdk.keys)
        assert (server.data_dir / "administrator.json").exists() == (left in ("no key", "no policy"))
        if left == "no user":
            assert [user["UserName"] for user in sdk.iam.list_users()["Users"]] == [own]
        else:
            assert _keys(sdk) == []
            assert _policies(sdk) == ([ADMINISTRATOR_ACCESS] if left == "no key" else [])
    assert "no user has an active access key" not in server.log()


def test_who_takes_the_last_key_away_is_told_at_the_next_start(another: Another) -> None:
    server = another().start()
    sdk = Sdk(server, server.admin)
    sdk.iam.delete_access_key(UserName="administrator", AccessKeyId=server.admin.access_key_id)
    (server.data_dir / "administrator.json").unlink()
    assert server.stop() == 0
    server.start()
    until(lambda: "no user has an active access key" in server.log(), "the warning")
    assert not (server.data_dir / "administrator.json").exists()
    told = fault(run("env", "--data-dir", server.data_dir).stderr)
    assert "administrator.json" in told and f"AWS_ENDPOINT_URL={server.api}" in told


def _keys(sdk: Sdk) -> list[str]:
    """The administrator's."""
    listed = sdk.iam.list_access_keys(UserName="administrator")["AccessKeyMetadata"]
    return [key["AccessKeyId"] for key in listed]


def _policies(sdk: Sdk) -> list[str]:
    """The administrator's."""
    listed = sdk.iam.list_attached_user_policies(UserName="administrator")["AttachedPolicies"]
    return [attached["PolicyArn"] for attached in listed]


def test_all_files_are_the_owners_alone(another: Another) -> None:
    server = another().start()
    Sdk(server, server.admin).iot.list_things()
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
    open_to_others = {
        path.name for path in server.data_dir.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert not open_to_others


def test_what_is_in_flight_is_answered_before_the_end(another: Another) -> None:
    server = another().start()
    own = name("thing-type")
    plain = Plain("iot", "POST", f"/thing-types/{own}", {"Content-Type": "application/json"}, b"{}")
    signed = sign(server, plain, server.admin)
    head = f"POST {signed.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in signed.headers)
    with Line(connect(server.api_port, tls(server.ca))) as line:
        line.send(f"{head}Content-Length: {len(signed.body)}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert line.stream.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", "the server waits for the body"
        server.signal(signal.SIGTERM)
        until(lambda: "stopping" in server.log(), "the server saying that it stops")
        assert server.is_running(), "a request is in flight"
        line.send(signed.body)
        answer = line.answer("POST")
        assert answer.status == 200 and answer.json["thingTypeName"] == own
        assert line.is_closed()
    assert server.wait() == 0
    server.start()
    assert Sdk(server, server.admin).iot.describe_thing_type(thingTypeName=own)["thingTypeName"] == own


def test_sigint_ends_it_too(another: Another) -> None:
    server = another().start()
    server.signal(signal.SIGINT)
    assert server.wait() == 0


def refused(*arguments: str | Path) -> str:
    """Starts a daemon that must not start; gives the one line that it says."""
    done = run("serve", "--api-listen=127.0.0.1:0", "--device-listen=127.0.0.1:0", *arguments)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert not done.stdout
    return fault(done.stderr)


def fault(stderr: str) -> str:
    """The one line that is said."""
    (said,) = stderr.splitlines()
    assert said.startswith("thingpass: "), stderr
    return said


def test_two_servers_do_not_share_a_directory(another: Another) -> None:
    server = another().start()
    assert "another thingpass" in refused(f"--data-dir={server.data_dir}")
    Sdk(server, server.admin).iot.list_things()


def test_a_registry_without_its_root_key_is_not_opened(another: Another) -> None:
    server = another().start()
    server.stop()
    key = server.data_dir / "root.key"
    kept = key.read_bytes()
    key.unlink()
    assert "root.key" in refused(f"--data-dir={server.data_dir}")
    assert not key.exists(), "no other key is made in its place"
    for wrong in (b"0" * 64, b"", kept[:-2], b"\xff" * 64):
        key.write_bytes(wrong)
        key.chmod(0o600)
        assert refused(f"--data-dir={server.data_dir}")
    key.write_bytes(kept)
    server.start()
    Sdk(server, server.admin).iot.list_things()


def test_a_damaged_registry_is_said_and_left_alone(another: Another) -> None:
    server = another().start()
    server.stop()
    for path in server.data_dir.glob("thingpass.db*"):
        path.write_bytes(b"this is no registry" * 500)
    damaged = (server.data_dir / "thingpass.db").read_bytes()
    assert refused(f"--data-dir={server.data_dir}")
    assert (server.data_dir / "thingpass.db").read_bytes() == damaged


BROKEN_CONFIGURATIONS = {
    "no TOML": ("=", "line 1"),
    "an unknown member": ('api_lisen = "127.0.0.1:1"', "api_lisen"),
    "an unknown limit": ("[limits]\nmax_connection = 1", "max_connection"),
    "a number as text": ('[limits]\nmax_connections = "many"', "line 2"),
    "a negative bound": ("[limits]\nmax_connections = -1", "limits.max_connections"),
    "no connections": ("[limits]\nmax_connections = 0", "limits.max_connections"),
    "connections without bound": ("[limits]\nmax_connections = 1000001", "from 1 to 1000000"),
    "too little memory for a body": ("[limits]\nbody_memory_bytes = 33554431", "from 33554432 to"),
    "too little memory for an answer": ("[limits]\nanswer_memory_bytes = 1", "from 33554432 to"),
    "more memory than is counted": ("[limits]\nbody_memory_bytes = 4294967296", "to 4294967295"),
    "an audit file of nothing": ("[audit]\nmax_file_bytes = 0", "audit.max_file_bytes"),
    "old files less than none": ("[audit]\nmax_old_files = -1", "audit.max_old_files"),
    "a key for no time": ("[key_ring]\nrotate_after_hours = 0", "from 1 to 8760"),
    "no region": ('region = "US EAST"', "region"),
    "no account": ('account_id = "12345"', "account_id"),
    "no domain": ('domain = "Example..com"', "write it like `example.com`"),
    "a domain of one label": ('domain = "localhost"', "write it like `example.com`"),
    "an address as domain": ('domain = "10.0.0.1"', "write it like `example.com`"),
    "a server name with a space": ('server_names = ["a b"]', "server_names: `a b`"),
    "no address": ('api_listen = "somewhere"', "api_listen"),
    "a member given twice": ('region = "eu-west-1"\nregion = "eu-west-1"', "line 2: duplicate key"),
} | {
    f"a {time} of {seconds} seconds": (f"[limits]\n{time}_timeout_seconds = {seconds}", "from 1 to 86400")
    for time in ("handshake", "head", "body", "shutdown")
    for seconds in (0, 86_401, 9_223_372_036_854_775_807)
}


@pytest.mark.parametrize("what", BROKEN_CONFIGURATIONS)
def test_a_configuration_that_cannot_work_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    text, told = BROKEN_CONFIGURATIONS[what]
    config = tmp_path / "config.toml"
    config.write_text(text)
    done = run("serve", f"--data-dir={tmp_path / 'data'}", f"--config={config}")
    assert done.returncode == 2 and str(config) in done.stderr
    assert told in fault(done.stderr)
    assert not (tmp_path / "data").exists(), "nothing is made before the configuration is read"


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "config" in refused(f"--data-dir={tmp_path / 'data'}", f"--config={tmp_path / 'none.toml'}")


def test_an_address_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", f"--data-dir={tmp_path / 'data'}", f"--api-listen=127.0.0.1:{port}")
    assert done.returncode == 2 and f"127.0.0.1:{port}" in fault(done.stderr)


def test_a_directory_that_others_can_open_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    assert "chmod 700" in refused(f"--data-dir={data}")


def test_another_account_on_the_same_directory_is_refused(another: Another, tmp_path: Path) -> None:
    server = another('account_id = "111111111111"').start()
    assert server.account == "111111111111"
    server.stop()
    config = tmp_path / "other.toml"
    config.write_text('account_id = "222222222222"')
    assert "111111111111" in refused(f"--data-dir={server.data_dir}", f"--config={config}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_what_cannot_be_written_down_does_not_happen(another: Another, workshop: Workshop) -> None:
    server = another().start()
    fleet = Fleet(server, workshop)
    device, alias = fleet.device(), fleet.alias(fleet.role())
    server.stop()
    log = server.data_dir / "audit.jsonl"
    shutil.move(log, log.with_suffix(".kept"))
    os.symlink("/dev/full", log)
    server.start()
    full = Fleet(server, workshop)
    own = name("thing")
    plain = Plain("iot", "POST", f"/things/{own}", {"Content-Type": "application/json"}, b"{}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    table = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    for request, code in (
        (plain, "ServiceUnavailableException"),
        (Plain("dynamodb", "POST", "/", table, b"{}"), "ServiceUnavailableException"),
        (Plain("iam", "POST", "/", form, b"Action=ListUsers&Version=2010-05-08"), "ServiceUnavailable"),
    ):
        signed = sign(server, request, server.admin)
        for answer in (signed.send(server), signed.without("Authorization").send(server)):
            assert (answer.status, answer.code) == (503, code), answer.body
            assert answer.message.startswith("The service is unavailable") and answer.request_id
    answer = full.ask(device, alias)
    assert answer.status == 503 and "credentials" not in json.loads(answer.body)
    server.stop()
    log.unlink()
    server.start()
    listed = Sdk(server, server.admin).iot.list_things()["things"]
    assert own not in {thing["thingName"] for thing in listed}
