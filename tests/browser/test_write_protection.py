"""Who reaches the app from elsewhere reads only: the real server, asked over its own connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

pytestmark = pytest.mark.xdist_group("browser")

ROOT = Path(__file__).resolve().parents[2]
PAPER = "paper=arxiv:2310.11511"


def _page(address: str, **headers: str) -> str:
    """Everything that a page sends, as one text."""
    asked = BackMsg()
    asked.rerun_script.page_name, asked.rerun_script.query_string = "papers", PAPER
    url = address.replace("http", "ws") + "/_stcore/stream"
    sent: list[str] = []
    with connect(url, additional_headers=headers, max_size=2**27) as connection:
        connection.send(asked.SerializeToString())
        while True:
            data = connection.recv(timeout=60)
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            sent.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                return "\n".join(sent)


@pytest.fixture(scope="module")
def open_app(browser_home: Path) -> Iterator[str]:
    """The same app, bound to every interface."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDSCAPE_")}
    server = subprocess.Popen(
        [
            sys.executable,
            *["-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port"],
            str(port),
        ],
        cwd=ROOT,
        env={**environment, "LANDSCAPE_HOME": str(browser_home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                    break
            except (URLError, OSError):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_on_this_machine_labels_can_be_corrected(app_url: str) -> None:
    page = _page(app_url)
    assert "Correct this label" in page
    assert "Reading only." not in page


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_behind_a_proxy_nothing_can_be_changed(app_url: str, header: str) -> None:
    page = _page(app_url, **{header: "203.0.113.7"})
    assert "Correct this label" not in page
    assert "Reading only." in page


def test_bound_to_every_interface_nothing_can_be_changed(open_app: str) -> None:
    page = _page(open_app)
    assert "Correct this label" not in page
    assert "Reading only." in page
