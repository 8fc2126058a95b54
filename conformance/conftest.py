"""One server for the whole run, and more where a test asks for one of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.clients import Sdk
from harness.fleet import Fleet
from harness.pki import Workshop
from harness.server import AGENT, THINGPASS, Server
from harness.sign import Plain, sign
from harness.wait import until

# Nothing of the machine's own set-up reaches the clients.
for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

_RUNNING: list[Server] = []
_SHORT_PATIENCE = """
[limits]
handshake_timeout_seconds = 1
head_timeout_seconds = 1
body_timeout_seconds = 1
max_connections = 40
"""
_GROWTH_MAX = 96 * 1024 * 1024


def pytest_sessionstart() -> None:
    for program in (THINGPASS, AGENT):
        if not program.exists():
            pytest.exit(f"{program} is not there: run `make build` first", 2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        for server in _RUNNING:
            lines = server.log().splitlines()[-40:]
            report.sections.append((f"log of the server in {server.folder}", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the run."""
    started = Server(tmp_path_factory.mktemp("server"))
    _RUNNING.append(started)
    started.start()
    yield started
    started.kill()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def fleet(server: Server, workshop: Workshop) -> Fleet:
    """The administrator of the server of the run."""
    return Fleet(server, workshop)


@pytest.fixture(scope="session")
def admin(fleet: Fleet) -> Sdk:
    return fleet.admin


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of short patience, for what no client should do."""
    server = Server(tmp_path_factory.mktemp("hostile"), _SHORT_PATIENCE)
    _RUNNING.append(server)
    yield server.start()
    _RUNNING.remove(server)
    server.kill()


@pytest.fixture
def survives(hostile: Server) -> Iterator[None]:
    """After each test: it runs, it answers, it is no bigger, and nothing in it panicked."""
    before = hostile.resident_bytes()
    yield
    assert hostile.is_running()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    plain = Plain("sts", "POST", "/", form, b"Action=GetCallerIdentity&Version=2011-06-15")

    def answers() -> bool:
        try:
            return sign(hostile, plain, hostile.admin).send(hostile).status == 200
        except OSError:
            return False

    until(answers, "an answer to an honest request")
    assert hostile.resident_bytes() < before + _GROWTH_MAX
    assert "panicked" not in hostile.log()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers of a test's own, not started yet; they end with the test."""
    made: list[Server] = []

    def make(config: str = "", **listen: str) -> Server:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(Server(folder, config, **listen))
        _RUNNING.append(made[-1])
        return made[-1]

    yield make
    for server in made:
        if server.is_running():
            server.kill()
        _RUNNING.remove(server)
