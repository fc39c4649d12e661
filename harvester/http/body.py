"""Reads the body of an answer: bounded, decompressed, and whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from urllib3.response import BaseHTTPResponse

from foundation.errors import TerminalSourceError, TransientSourceError
from harvester.unpack import DamagedStreamError, Inflater, TooLargeError

_STEP_BYTES = 64 * 1024
_ERROR_BODY_BYTES = 64 * 1024
_GZIP, _DEFLATE = frozenset({"gzip", "x-gzip"}), frozenset({"deflate"})


def read_body(
    raw: BaseHTTPResponse,
    url: str,
    headers: Mapping[str, str],
    enough: Callable[[], Callable[[bytes], bool]] | None,
    limit_bytes: int,
) -> bytes:
    """Read an answer to its end, decompressed, and see that all of it is there.

    Args:
        raw: The answer, its body not read yet.
        url: Its address, for errors.
        headers: By lower-case name.
        enough: See `PoliteClient.get`.
        limit_bytes: Cap on what is received and on what that unpacks to.

    Returns:
        The body.

    Raises:
        TransientSourceError: It is cut or damaged, or of a strange encoding.
        TerminalSourceError: It is larger than the cap.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in {"identity", *_GZIP, *_DEFLATE}:
        raise TransientSourceError("a content encoding that was not asked for", url=url, encoding=encoding)
    inflater = None if encoding == "identity" else Inflater(limit_bytes)
    is_enough = enough() if enough is not None and inflater is None else None
    plain = bytearray()
    received = 0
    try:
        while piece := raw.read1(_STEP_BYTES, decode_content=False):
            received += len(piece)
            if inflater is not None:
                inflater.feed(piece)
            else:
                plain += piece
            if max(received, len(plain)) > limit_bytes:
                raise TooLargeError(f"more than {limit_bytes} bytes")
            if is_enough is not None and is_enough(piece):
                return bytes(plain)
        _check_length(received, headers, url)
        return bytes(plain) if inflater is None else inflater.finish()
    except TooLargeError as error:
        raise TerminalSourceError(
            "the answer is larger than any page of this source should be", url=url, limit_bytes=limit_bytes
        ) from error
    except DamagedStreamError as error:
        raise TransientSourceError(f"the answer is damaged: {error}", url=url) from error


def error_body(raw: BaseHTTPResponse, headers: Mapping[str, str]) -> bytes:
    """The beginning of what a refusal says; its status says enough where that cannot be read."""
    received = bytearray()
    while len(received) < _ERROR_BODY_BYTES:
        piece = raw.read1(_ERROR_BODY_BYTES - len(received), decode_content=False)
        if not piece:
            break
        received += piece
    if headers.get("content-encoding", "").strip().lower() in _GZIP | _DEFLATE:
        inflater = Inflater(_ERROR_BODY_BYTES)
        try:
            inflater.feed(bytes(received))
            return inflater.finish()
        except (TooLargeError, DamagedStreamError):
            return b""
    return bytes(received)


def _check_length(received: int, headers: Mapping[str, str], url: str) -> None:
    said = headers.get("content-length", "").strip()
    if "chunked" in headers.get("transfer-encoding", "").lower() or not said:
        return
    if not said.isdecimal() or int(said) != received:
        raise TransientSourceError(
            "the answer is cut: its length is not the one announced",
            url=url,
            announced=said,
            received=received,
        )
