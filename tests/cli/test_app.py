"""`landscape app` as a user starts and stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the app never answered")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_app_serves_on_loopback_alone_and_stops_without_a_traceback(
    tmp_path: Path, port: int, sign: signal.Signals
) -> None:
    # A setting in the user's own folder holds for the app as well, wherever that keeps its files.
    (tmp_path / "landscape.toml").write_text(f'home = "{tmp_path / "kept here"}"\n', encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LANDSCAPE_")}
    command = [sys.executable, "-c", "from cli.main import main; main()", "app", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", process)
            listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
            addresses = {line.split()[1] for line in listening.splitlines() if f":{port:04X} " in line}
            assert {address.split(":")[0] for address in addresses if address.endswith(f":{port:04X}")} == {
                "0100007F"
            }
            process.send_signal(sign)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert f"http://127.0.0.1:{port}" in out
    assert "Traceback" not in out + err
    assert (tmp_path / "kept here" / "landscape.db").is_file()
