"""Decompression that stops at a cap: a bomb costs no more memory than the cap."""

from __future__ import annotations

import zlib

GZIP_MAGIC = b"\x1f\x8b"
_STEP_BYTES = 256 * 1024


class TooLargeError(ValueError):
    """More bytes came out than the cap allows."""


class DamagedStreamError(ValueError):
    """The compressed bytes are cut, of another format, or fail their checksum."""


class Inflater:
    """Gzip or zlib, fed piece by piece, with a cap on what comes out.

    Args:
        limit_bytes: The most that may come out in all.
        raw_deflate: Read a headerless deflate stream, as some servers send for `deflate`.
    """

    def __init__(self, limit_bytes: int, *, raw_deflate: bool = False) -> None:
        self._limit_bytes = limit_bytes
        self._window_bits = -zlib.MAX_WBITS if raw_deflate else zlib.MAX_WBITS | 32
        self._stream = zlib.decompressobj(self._window_bits)
        self._out = bytearray()

    def feed(self, data: bytes) -> None:
        """Take compressed bytes.

        Args:
            data: The next piece.

        Raises:
            TooLargeError: The cap is reached.
            DamagedStreamError: The bytes are no such stream, or fail their checksum.
        """
        more = bool(data)
        while more:
            if self._stream.eof:  # gzip allows members one after another
                self._stream = zlib.decompressobj(self._window_bits)
            try:
                piece = self._stream.decompress(data, _STEP_BYTES)
            except zlib.error as error:
                raise DamagedStreamError(f"compressed body is damaged: {error}") from error
            self._out += piece
            if len(self._out) > self._limit_bytes:
                raise TooLargeError(f"more than {self._limit_bytes} bytes decompressed")
            if self._stream.eof:
                data = self._stream.unused_data
                more = bool(data)
            else:
                data = self._stream.unconsumed_tail
                # A full step may leave output inside zlib although all input is taken.
                more = bool(data) or len(piece) == _STEP_BYTES

    def finish(self) -> bytes:
        """End the stream.

        Returns:
            All decompressed bytes.

        Raises:
            DamagedStreamError: The stream is cut.
        """
        if not self._stream.eof:
            raise DamagedStreamError("compressed body is cut")
        return bytes(self._out)


def gunzip(data: bytes, limit_bytes: int) -> bytes:
    """Decompress a whole gzip file in memory.

    Args:
        data: The file's bytes.
        limit_bytes: The most that may come out.

    Returns:
        The decompressed bytes.

    Raises:
        TooLargeError: The cap is reached.
        DamagedStreamError: The file is cut, no gzip, or fails its checksum.
    """
    inflater = Inflater(limit_bytes)
    inflater.feed(data)
    return inflater.finish()
