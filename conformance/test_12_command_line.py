"""The command line: a shell that is pointed at the server, key rotation, and the demo's story."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.clients import AWS, Sdk
from harness.fleet import Fleet, allow, policy
from harness.pki import Workshop
from harness.server import THINGPASS, Server, run
from harness.wait import until


def test_a_shell_is_pointed_at_the_server_in_one_line(fleet: Fleet, tmp_path: Path) -> None:
    line = f'eval "$({shlex.quote(str(THINGPASS))} env --data-dir {shlex.quote(str(fleet.server.data_dir))})"'
    script = f"{line}\n{shlex.quote(str(AWS))} sts get-caller-identity\necho $THINGPASS_DEVICE_ENDPOINT >&2\n"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-euc", script], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert json.loads(done.stdout)["Arn"] == fleet.arn("iam", "user/administrator")
    assert done.stderr.strip() == fleet.server.device


def test_a_shell_learns_eight_variables(fleet: Fleet) -> None:
    server = fleet.server
    done = run("env", "--data-dir", server.data_dir)
    assert done.returncode == 0, done.stderr
    words = [shlex.split(line) for line in done.stdout.splitlines()]
    assert all(len(line) == 2 and line[0] == "export" for line in words), "a shell reads it"
    told = dict(word.split("=", 1) for _, word in words)
    assert len(words) == len(told) == 8
    ca = told.pop("THINGPASS_CA")
    assert "-----BEGIN CERTIFICATE-----" in Path(ca).read_text() and "PRIVATE" not in Path(ca).read_text()
    assert told == {
        "AWS_ENDPOINT_URL": server.api,
        "AWS_CA_BUNDLE": str(server.ca),
        "AWS_ACCESS_KEY_ID": server.admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.admin.secret_access_key,
        "AWS_REGION": server.region,
        "AWS_DEFAULT_REGION": server.region,
        "THINGPASS_DEVICE_ENDPOINT": server.device,
    }


def test_keys_are_rotated_and_live_sessions_live_on(another: Callable[..., Server], workshop: Workshop) -> None:
    server = another().start()
    fleet = Fleet(server, workshop)
    device, alias = fleet.device(), fleet.alias(fleet.role(policy(allow("iot:ListThings"))))
    old = fleet.session(device, alias)
    done = run("key-ring", "rotate", "--data-dir", server.data_dir)
    assert done.returncode == 0, done.stderr

    def is_sealed_anew() -> Sdk | None:
        new = fleet.session(device, alias)
        return new if _sealed_by(new) != _sealed_by(old) else None

    new = until(is_sealed_anew, "a session token of the new key")
    for session in (old, new):
        session.iot.list_things()
    assert server.stop() == 0
    server.start()
    for session in (old, new):
        Sdk(server, session.keys).iot.list_things()


def test_the_demo_tells_its_story_to_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = run(
        "demo", "--once", f"--data-dir={folder}", "--api-listen=127.0.0.1:0", "--device-listen=127.0.0.1:0",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Thermostat" in done.stdout


def test_the_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = dict(os.environ) | {"TMPDIR": str(tmp_path)}
    done = run("demo", "--once", timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_printed(shell: str) -> None:
    done = run("completions", shell)
    assert done.returncode == 0 and "thingpass" in done.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], [], ["serve"], ["audit"], ["env"], ["serve", "--data-dir"]])
def test_what_is_no_command_is_exit_code_2(arguments: list[str]) -> None:
    done = run(*arguments, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 2 and not done.stdout and done.stderr


@pytest.mark.parametrize("verb", [[], ["serve"], ["env"], ["demo"], ["audit", "explain"], ["key-ring", "rotate"]])
def test_every_verb_has_help(verb: list[str]) -> None:
    done = run(*verb, "--help")
    assert done.returncode == 0 and "Usage: thingpass" in done.stdout


def test_a_directory_that_holds_nothing_is_said_to(tmp_path: Path) -> None:
    for verb in (["env"], ["audit", "explain", "x"], ["key-ring", "rotate"]):
        done = run(*verb, "--data-dir", tmp_path)
        assert done.returncode == 2 and "thingpass serve --data-dir" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def _sealed_by(sdk: Sdk) -> bytes:
    """The id of the key that a session token was sealed with: four bytes after the version."""
    return base64.b64decode(sdk.keys.session_token or "")[1:5]
