"""A reader of the running app without a browser: opens pages over Streamlit's own connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 600.0
LARGEST_MESSAGE = 2**27


@dataclass(frozen=True)
class App:
    """The running app.

    Attributes:
        port: On the loopback address.
        pid: Of the server.
        start_seconds: From the command to the first answer.
    """

    port: int
    pid: int
    start_seconds: float

    def memory_mb(self) -> float:
        """Memory that the server holds, resident set."""
        return self._status("VmRSS")

    def peak_memory_mb(self) -> float:
        """Most that the server ever held."""
        return self._status("VmHWM")

    def processor_ms(self) -> float:
        """Processor time that the server took so far, in the kernel's ticks of 10 ms mostly."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"the kernel does not tell {name}")


@contextmanager
def running_app(home: Path) -> Iterator[App]:
    """Serve the app over a store, as `streamlit run app.py` does.

    Args:
        home: Folder of the store.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDSCAPE_")}
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=ROOT,
        env={**environment, "LANDSCAPE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if server.poll() is not None or time.perf_counter() - begun > PATIENCE_SECONDS:
                raise RuntimeError("the app did not start")
            time.sleep(0.02)
        yield App(port, server.pid, time.perf_counter() - begun)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


class Reader:
    """One session of the app, as a browser keeps it."""

    def __init__(self, app: App) -> None:
        self._connection: ClientConnection = connect(
            f"ws://127.0.0.1:{app.port}/_stcore/stream", max_size=LARGEST_MESSAGE, open_timeout=60
        )
        self.bytes_read = 0
        self.complaints: list[str] = []

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave, as a closed tab does."""
        self._connection.close()

    def open(self, path: str) -> float:
        """Open a page and wait until it stands.

        Args:
            path: `page?query`, either may be empty.

        Returns:
            Milliseconds from asking to the end of the page's script, its messages read.
        """
        page, _, query = path.partition("?")
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        begun = time.perf_counter()
        self._connection.send(asked.SerializeToString())
        while True:
            data = self._connection.recv(timeout=PATIENCE_SECONDS)
            if not isinstance(data, bytes):
                raise TypeError("the app spoke in text")
            self.bytes_read += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                self.complaints.append(message.delta.new_element.exception.message)
            if kind == "page_not_found":
                self.complaints.append(f"no such page: {page}")
            # Asked again while it runs, the script ends early for the next run: wait for that one.
            if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return (time.perf_counter() - begun) * 1_000
