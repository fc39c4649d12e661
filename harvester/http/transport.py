"""Connections: to allowed addresses alone, trusted certificates alone, and shut at the deadline."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from foundation.errors import SourceError, TerminalSourceError, TransientSourceError
from harvester.hosts import HostRules
from harvester.http.question import HttpLimits


@contextmanager
def connected(url: str, rules: HostRules, limits: HttpLimits) -> Iterator[HTTPConnection]:
    """A connection that is shut at the deadline, and whose failures are ours.

    Args:
        url: What will be asked; its host and port are connected to.
        rules: Says which addresses a host may have.
        limits: Timeouts and the deadline.

    Yields:
        The open connection.

    Raises:
        TransientSourceError: It failed or took too long.
        TerminalSourceError: TLS cannot be trusted, or the host may not be asked.
    """
    connection: HTTPConnection | None = None
    watchdog: _Watchdog | None = None
    try:
        connection = _connect(url, rules, limits.connect_timeout_seconds)
        watchdog = _Watchdog(connection, limits.deadline_seconds)
        connection.timeout = limits.read_timeout_seconds
        yield connection
        if watchdog.fired:  # an answer without a length seems to end where it was shut
            raise _too_slow(url, limits)
    except (
        ssl.SSLError,
        HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
        SourceError,
    ) as error:
        if watchdog is not None and watchdog.fired:
            raise _too_slow(url, limits) from error
        if isinstance(error, SourceError):
            raise
        raise _translated(error, url) from error
    finally:
        if watchdog is not None:
            watchdog.cancel()
        if connection is not None:
            connection.close()


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The system's certificate authorities (SSL_CERT_FILE adds to them); host names checked."""
    return ssl.create_default_context()


class _Watchdog:
    """Shuts a connection when its time is over, even in the middle of a read."""

    def __init__(self, connection: HTTPConnection, deadline_seconds: float) -> None:
        self.fired = False
        self._socket: socket.socket | None = connection.sock
        self._timer = threading.Timer(deadline_seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        if self._socket is not None:
            try:
                # The plain method: an SSL socket's own would take the TLS state from under a read.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                self._socket = None  # closed in the same moment: what the timer was for

    def cancel(self) -> None:
        """The answer is in, or has failed."""
        self._timer.cancel()


def _too_slow(url: str, limits: HttpLimits) -> TransientSourceError:
    return TransientSourceError(
        "the source took too long to answer", url=url, deadline_seconds=limits.deadline_seconds
    )


def _connect(url: str, rules: HostRules, timeout_seconds: float) -> HTTPConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    encrypted = parts.scheme == "https"
    failure: OSError | HTTPError | None = None
    for address in rules.addresses(host, port or (443 if encrypted else 80)):
        connection: HTTPConnection
        if encrypted:
            connection = HTTPSConnection(
                address, port, timeout=timeout_seconds, server_hostname=host, ssl_context=tls_context()
            )
        else:
            connection = HTTPConnection(address, port, timeout=timeout_seconds)
        try:
            connection.connect()
        except ssl.SSLError:
            connection.close()
            raise
        except (OSError, HTTPError) as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or OSError("no address")


def _translated(error: Exception, url: str) -> SourceError:
    """A failure of the transport as one of ours."""
    story = " ".join(str(error).split()) or type(error).__name__
    cause: BaseException = error
    # urllib3 wraps what it meets while reading; the reason decides.
    for inner in (*error.args, error.__cause__):
        if isinstance(inner, ssl.SSLError):
            cause = inner
    cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(cause, ssl.SSLError) and not cut and not isinstance(cause, TimeoutError):
        return TerminalSourceError(
            "the source's TLS certificate or connection cannot be trusted",
            hint="Check this machine's date and certificates; nothing was asked.",
            url=url,
            error=story,
        )
    return TransientSourceError("the connection failed", url=url, error=story)
