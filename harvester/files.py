"""Files as `landscape import` gets them: told apart by content, read whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from foundation.clock import utc_now
from foundation.errors import RefusedInputError, SourceError
from harvester import registry
from harvester.source import RecordReader, WirePage
from harvester.unpack import GZIP_MAGIC, DamagedStreamError, TooLargeError, gunzip

LIMIT_BYTES = 64 * 1024 * 1024  # the largest known file, an Anthology collection, has 5 MB
_HEAD_BYTES = 64 * 1024


class UnknownFormatError(RefusedInputError):
    """A readable file of no known format; another reader may know it."""


def read_import_file(path: Path, retrieved_at: datetime | None = None) -> tuple[RecordReader, list[WirePage]]:
    """Read a raw file of a source or a list of papers, plain or gzip.

    Args:
        path: The file.
        retrieved_at: When it was read; now when None.

    Returns:
        What parses it, and its pages.

    Raises:
        UnknownFormatError: It is of no known format.
        RefusedInputError: It is missing, empty, too large, wrongly compressed, cut or damaged.
    """
    payload = read_bounded(path)
    name = path.name.removesuffix(".gz")
    for source, file_format in registry.file_formats():
        if not file_format.recognises(name, payload[:_HEAD_BYTES]):
            continue
        try:
            return source, list(file_format.pages(name, payload, retrieved_at or utc_now()))
        except SourceError as error:
            raise RefusedInputError(
                f"{path.name} cannot be read as {file_format.name}: {error.message}",
                hint="Fetch the file again; nothing of it was stored.",
                path=path,
                **{key: value for key, value in error.facts.items() if key != "path"},
            ) from error
    known = ", ".join(file_format.name for _, file_format in registry.file_formats())
    raise UnknownFormatError(f"{path.name} is of no known format", hint=f"Known formats: {known}.", path=path)


def read_bounded(path: Path, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """A file's bytes, decompressed where they are gzip (told by content, not by name).

    Args:
        path: The file.
        limit_bytes: Cap on the bytes, before and after decompression.

    Returns:
        The bytes; never empty.

    Raises:
        RefusedInputError: It is missing, no file, empty, too large or wrongly compressed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise RefusedInputError(
            f"{path.name or path} cannot be read: {error.strerror or error}", path=path
        ) from error
    if len(data) > limit_bytes:
        raise RefusedInputError(f"{path.name} is too large", path=path, limit_bytes=limit_bytes)
    if data.startswith(GZIP_MAGIC):
        try:
            data = gunzip(data, limit_bytes)
        except TooLargeError as error:
            raise RefusedInputError(
                f"{path.name} is too large when decompressed", path=path, limit_bytes=limit_bytes
            ) from error
        except DamagedStreamError as error:
            raise RefusedInputError(
                f"{path.name} is a damaged gzip file: {error}", hint="Fetch the file again.", path=path
            ) from error
    elif data and path.suffix == ".gz":
        raise RefusedInputError(
            f"{path.name} is named .gz and is no gzip file", hint="Rename it, or fetch it again.", path=path
        )
    if not data.strip(b"\x00 \t\r\n"):
        raise RefusedInputError(f"{path.name} is empty", hint="Fetch the file again.", path=path)
    return data
