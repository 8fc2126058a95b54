"""A started server: from the announcement to the last line of its log."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import secrets
from harness.wait import PATIENCE_SECONDS, until

ROOT = Path(__file__).resolve().parent.parent.parent
THINGPASS = Path(os.environ.get("THINGPASS_BIN", ROOT / "target/debug/thingpass"))
AGENT = Path(os.environ.get("THINGPASS_AGENT_BIN", THINGPASS.with_name("thingpass-agent")))


@dataclass(frozen=True)
class Keys:
    """What requests are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __post_init__(self) -> None:
        secrets.note(self.secret_access_key, self.session_token or "")


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a verb of the command line to its end."""
    options.setdefault("timeout", PATIENCE_SECONDS)
    command = [str(THINGPASS), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Server:
    """A daemon on a data directory of its own."""

    def __init__(self, folder: Path, config: str = "", **listen: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.log_file = folder / "server.log"
        self.config = folder / "config.toml"
        self.config.write_text(config)
        self.listen = {"api": "127.0.0.1:0", "device": "127.0.0.1:0"} | listen
        self.process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def start(self) -> Server:
        """Starts the daemon and waits for its announcement."""
        self.launch()
        line = ""
        while not line.startswith("Point a shell"):
            line = self.announced()
        endpoints = json.loads((self.data_dir / "endpoints.json").read_text())
        self.api: str = endpoints["api"]
        self.device: str = endpoints["device"]
        self.region: str = endpoints["region"]
        self.account: str = endpoints["account"]
        self.ca = Path(endpoints["ca"])
        told = self.data_dir / "administrator.json"
        if told.exists():
            admin = json.loads(told.read_text())
            self.admin = Keys(admin["access_key_id"], admin["secret_access_key"])
        return self

    def launch(self) -> None:
        """Starts the process and waits for nothing."""
        command = [
            str(THINGPASS),
            "serve",
            f"--data-dir={self.data_dir}",
            f"--config={self.config}",
            f"--api-listen={self.listen['api']}",
            f"--device-listen={self.listen['device']}",
        ]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("THINGPASS_", "AWS_"))}
        environment["THINGPASS_LOG"] = "debug"
        self._lines = queue.Queue()
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
        threading.Thread(target=self._read, args=(self.process, self._lines), daemon=True).start()

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def announced(self) -> str:
        """The next line on its standard output."""
        try:
            line = self._lines.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise AssertionError(f"no announcement of the server; its log:\n{self.log()}") from None
        assert line, f"the server ended before it was ready; its log:\n{self.log()}"
        return line

    @property
    def api_port(self) -> int:
        return int(self.api.rsplit(":", 1)[1])

    @property
    def device_port(self) -> int:
        return int(self.device.rsplit(":", 1)[1])

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def resident_bytes(self) -> int:
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the process has no resident memory: it has ended")

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def stop(self) -> int:
        """Ends the daemon as an init system does; gives its exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Ends the daemon as a power cut does."""
        if self.is_running():
            self.signal(signal.SIGKILL)
        self.wait()

    def events(self) -> list[dict[str, Any]]:
        """The audit log."""
        text = (self.data_dir / "audit.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def audit(self, request_id: str) -> list[dict[str, Any]]:
        """What the audit log holds of a request; there is always something."""

        def look() -> list[dict[str, Any]]:
            text = (self.data_dir / "audit.jsonl").read_text()
            lines = (line for line in text.splitlines() if request_id in line)
            return [json.loads(line) for line in lines]

        return until(look, f"an audit event of request {request_id}")

    def explain(self, request_id: str) -> str:
        """What `thingpass audit explain` says of a request."""
        done = run("audit", "explain", request_id, "--data-dir", self.data_dir)
        assert done.returncode == 0, done.stderr
        return done.stdout
