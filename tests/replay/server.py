"""A loopback server that replays recorded or built answers, with faults.

Rules are asked in order; the first that matches a request's path and query gives the next of its
answers (the last one again and again). Every request is remembered with its moment, so that a
test can look at what was asked and how fast.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """What the server sends.

    Attributes:
        body: The body before faults.
        status: HTTP status.
        media_type: Content type; None sends no such header.
        headers: Further headers; they win over those that the server would send.
        gzipped: Compress the body and say so.
        cut_at: Send so many bytes of the body and close, the length header being right.
        reset: With `cut_at`: reset the connection instead of closing it.
        announce: What Content-Length says; None says the truth, -1 leaves it out.
        drip_bytes, drip_seconds: Send the body so many bytes at a time, with a pause after each.
        delay_seconds: Wait before the status line.
    """

    body: bytes = b""
    status: int = 200
    media_type: str | None = "application/xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    gzipped: bool = False
    cut_at: int | None = None
    reset: bool = False
    announce: int | None = None
    drip_bytes: int | None = None
    drip_seconds: float = 0.0
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """What the server was asked, and when (monotonic seconds)."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    method: str = "GET"
    body: bytes = b""


AnswerMaker = Callable[[Request], Answer]


@dataclass
class _Rule:
    path: re.Pattern[str]
    query: Mapping[str, str]
    answers: list[Answer | AnswerMaker]

    def matches(self, request: Request) -> bool:
        return self.path.fullmatch(request.path) is not None and all(
            request.query.get(name) == value for name, value in self.query.items()
        )


class ReplayServer:
    """The server; use as a context manager.

    Args:
        tls: Answer TLS with this context; plain HTTP when None.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._handle(self)

            def do_POST(self) -> None:
                owner._handle(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> ReplayServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """Where the server listens."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def on(
        self, path: str, *answers: Answer | AnswerMaker | bytes, query: Mapping[str, str] | None = None
    ) -> None:
        """Add a rule.

        Args:
            path: Regular expression for the whole path.
            *answers: Given in turn, the last one for ever; bytes are a plain answer, a callable
                makes one from the request.
            query: Parameters that the request must have.
        """
        made = [Answer(answer) if isinstance(answer, bytes) else answer for answer in answers]
        with self._lock:
            self._rules.append(_Rule(re.compile(path), query or {}, made))

    def clear(self) -> None:
        """Forget rules and requests."""
        with self._lock:
            self._rules.clear()
            self.requests.clear()

    @property
    def gaps_seconds(self) -> list[float]:
        """Seconds between one request and the next."""
        moments = sorted(request.at for request in self.requests)
        return [later - earlier for earlier, later in pairwise(moments)]

    def _next_answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            for rule in self._rules:
                if rule.matches(request):
                    answer = rule.answers.pop(0) if len(rule.answers) > 1 else rule.answers[0]
                    break
            else:
                answer = Answer(b"nothing here", 404, "text/plain")
        return answer if isinstance(answer, Answer) else answer(request)

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        request = Request(
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in handler.headers.items()},
            time.monotonic(),
            handler.command,
            handler.rfile.read(int(handler.headers.get("Content-Length") or 0)),
        )
        answer = self._next_answer(request)
        handler.close_connection = True
        with contextlib.suppress(OSError):  # the client may hang up: that is what some tests want
            self._send(handler, answer)

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        self._stop.wait(answer.delay_seconds)
        body = gzip.compress(answer.body, mtime=0) if answer.gzipped else answer.body
        headers = {"Connection": "close"}
        if answer.media_type is not None:
            headers["Content-Type"] = answer.media_type
        if answer.gzipped:
            headers["Content-Encoding"] = "gzip"
        if answer.announce != -1:
            headers["Content-Length"] = str(len(body) if answer.announce is None else answer.announce)
        headers.update(answer.headers)
        handler.send_response(answer.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if answer.cut_at is not None:
            body = body[: answer.cut_at]
        step = answer.drip_bytes or max(len(body), 1)
        for start in range(0, len(body), step):
            handler.wfile.write(body[start : start + step])
            handler.wfile.flush()
            if answer.drip_bytes and self._stop.wait(answer.drip_seconds):
                return
        if answer.reset:
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()


_ENTRY = re.compile(r"<entry[ >].*?</entry>", re.DOTALL)
ATOM_HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" \
xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/replayed</id>
  <title>arXiv Query: replayed</title>
  <updated>2026-04-12T22:09:27Z</updated>
  <opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
"""


def arxiv_feed(entries: Sequence[str], *, start: int = 0, total: int | None = None) -> bytes:
    """An arXiv answer around entries, in the server's own envelope.

    Args:
        entries: `<entry>` elements as text.
        start: What startIndex says.
        total: What totalResults says; the number of entries when None.
    """
    head = ATOM_HEAD.format(count=len(entries), total=len(entries) if total is None else total, start=start)
    return (head + "".join(f"  {entry}\n" for entry in entries) + "</feed>\n").encode()


def arxiv_entry(number: int, *, day: str = "2024-01-02", title: str | None = None) -> str:
    """An invented entry.

    Args:
        number: Makes id, title and author.
        day: Day of submission.
        title: Title; made from the number when None.
    """
    return (
        f"<entry>\n    <id>http://arxiv.org/abs/2401.{number:05d}v1</id>\n"
        f"    <title>{title or f'Invented Paper Number {number}'}</title>\n"
        f"    <updated>{day}T00:00:00Z</updated>\n"
        f"    <summary>Paper {number} brews tea in a way that nobody has tried.</summary>\n"
        f'    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>\n'
        f"    <published>{day}T00:00:00Z</published>\n"
        f'    <arxiv:primary_category term="cs.CL"/>\n'
        f"    <author>\n      <name>Author Number{number}</name>\n    </author>\n  </entry>"
    )


def arxiv_pages(entries: Sequence[str]) -> AnswerMaker:
    """Serve entries by `start` and `max_results`, whatever the query.

    Args:
        entries: `<entry>` elements as text.
    """

    def answer(request: Request) -> Answer:
        start = int(request.query.get("start", "0"))
        count = int(request.query.get("max_results", "10"))
        page = arxiv_feed(entries[start : start + count], start=start, total=len(entries))
        return Answer(page, media_type="application/atom+xml")

    return answer


def recorded_arxiv_entries(folder: Path) -> list[str]:
    """Entries of recorded answers, each id and version once, error entries left out.

    Args:
        folder: Folder with `{url, status_code, body}` JSON files.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        for entry in _ENTRY.findall(json.loads(path.read_text(encoding="utf-8"))["body"]):
            identity = re.search(r"<id>(.*?)</id>", entry)
            if identity is not None and "/api/errors" not in identity[1]:
                found.setdefault(identity[1], entry)
    return list(found.values())
