"""Tar archives from strangers: read in memory, never unpacked onto a disk.

Nothing is written, so no name in an archive can reach a file (`../`, absolute names, links). What is
too much is refused: bytes, members, a compression ratio that no text has. What is cut is refused: a gzip
stream must end with its checksum and a tar with its end mark (two blocks of zeros, POSIX ustar).

`git archive`, which makes GitHub's downloads, writes a tree in the order of its names. An archive can
therefore be left where a name comes that stands behind all that is wanted: what is wanted has been seen
whole, and hundreds of megabytes of PDFs behind it need not be fetched.
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from dataclasses import dataclass

from foundation.errors import TerminalSourceError
from harvester.xml import DamagedPageError

LIMIT_BYTES = 64 * 1024 * 1024  # decompressed; ICML 2025, the largest volume, has some 9 MB of posts
MEMBER_LIMIT_BYTES = 256 * 1024  # the longest post of AISTATS 2023 has 6 KB
MEMBERS_LIMIT = 20_000
RATIO_LIMIT = 200  # text and the zeros between tar's blocks stay under 10
_RATIO_FLOOR_BYTES = 4 * 1024 * 1024
_BLOCK = 512
_STEP_BYTES = 1024 * 1024
END = bytes(2 * _BLOCK)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Member:
    """One regular file of an archive.

    Attributes:
        path: Its path as the archive states it; never used as a path on this machine.
        content: Its bytes.
    """

    path: str
    content: bytes


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Attributes:
        members: Regular files.
        commit: The commit that `git archive` wrote into it, or None.
        top: Name of the folder around everything, or empty.
        links: Members that are no regular files or folders: links, devices. They are left out.
        unsafe: Members whose names lead out of the archive. They are left out.
        too_large: Paths of members over the cap. They are left out.
    """

    members: tuple[Member, ...]
    commit: str | None
    top: str
    links: int
    unsafe: int
    too_large: tuple[str, ...]


class ArchiveStream:
    """A gzipped tar as it arrives, up to the point where nothing wanted can follow.

    Args:
        folder: The folder that is wanted, directly under the archive's top folder.
        limit_bytes: Cap on the decompressed bytes.
    """

    def __init__(self, folder: str, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._plain = bytearray()
        self._received = 0
        self._next_header = 0
        self._last_key = ""
        self._in_order = True
        self._seen_folder = False
        self._stop: int | None = None

    def feed(self, piece: bytes) -> bool:
        """Take compressed bytes.

        Args:
            piece: The next ones.

        Returns:
            Whether all that is wanted has come.

        Raises:
            DamagedPageError: They are no gzip stream.
            TerminalSourceError: The archive is too large, or a bomb.
        """
        self._received += len(piece)
        while piece and self._stop is None and not self._inflater.eof:
            try:
                self._plain += self._inflater.decompress(piece, _STEP_BYTES)
            except zlib.error as error:
                raise DamagedPageError(f"the archive is damaged: {error}") from error
            piece = self._inflater.unconsumed_tail
            self._check_size(self._received - len(piece))
            self._walk()
        return self._stop is not None

    def finish(self) -> bytes:
        """End the stream.

        Returns:
            A whole tar archive, decompressed: everything, or everything up to the stop.

        Raises:
            DamagedPageError: The stream is cut.
        """
        if self._stop is not None:
            return bytes(self._plain[: self._stop]) + END
        if not self._inflater.eof:
            raise DamagedPageError("the archive is cut", size_bytes=self._received)
        return bytes(self._plain)

    def _check_size(self, consumed: int) -> None:
        size = len(self._plain)
        ratio = size / max(consumed, 1)
        if size > self._limit_bytes or (size > _RATIO_FLOOR_BYTES and ratio > RATIO_LIMIT):
            raise TerminalSourceError(
                "the archive is larger than any of this source should be",
                limit_bytes=self._limit_bytes,
                ratio=round(ratio),
            )

    def _walk(self) -> None:
        """Look at every header that has come, by its size to the next."""
        while self._stop is None and len(self._plain) >= self._next_header + _BLOCK:
            block = bytes(self._plain[self._next_header : self._next_header + _BLOCK])
            if block == bytes(_BLOCK):
                return  # the end mark: `finish` waits for the checksum behind it
            try:
                header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError as error:
                raise DamagedPageError(f"the archive is damaged: {error}") from error
            if header.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
                self._see(header)
            if self._stop is None:
                self._next_header += _BLOCK + -(-header.size // _BLOCK) * _BLOCK

    def _see(self, header: tarfile.TarInfo) -> None:
        path = header.name.partition("/")[2]
        if not path:
            return
        # git compares the names of a tree with a slash behind those of folders.
        first, slash, _ = path.partition("/")
        key = f"{first}/" if slash or header.isdir() else first
        self._in_order = self._in_order and key >= self._last_key
        self._last_key = key
        wanted = f"{self._folder}/"
        self._seen_folder = self._seen_folder or key == wanted
        if self._in_order and self._seen_folder and key > wanted:
            self._stop = self._next_header


def read_archive(payload: bytes, *, wanted: re.Pattern[str]) -> Archive:
    """Read a whole, decompressed tar archive.

    Args:
        payload: The archive.
        wanted: What the paths of the members that are wanted look like; no other is read.

    Returns:
        The wanted members, and what was left out.

    Raises:
        DamagedPageError: It is no tar archive, or cut.
        TerminalSourceError: It has too many members.
    """
    if len(payload) % _BLOCK or not payload.endswith(END):
        raise DamagedPageError("the archive is cut", size_bytes=len(payload))
    members: list[Member] = []
    too_large: list[str] = []
    links = unsafe = count = 0
    tops: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(payload), mode="r:") as tar:
            for count, entry in enumerate(tar, start=1):
                if count > MEMBERS_LIMIT:
                    raise TerminalSourceError("the archive has too many members", limit=MEMBERS_LIMIT)
                path = entry.name
                if path.startswith("/") or "\\" in path or "\x00" in path or ".." in path.split("/"):
                    unsafe += 1
                    continue
                tops.add(path.partition("/")[0])
                if not entry.isfile():
                    links += not entry.isdir()
                elif wanted.fullmatch(path):
                    if entry.size > MEMBER_LIMIT_BYTES:
                        too_large.append(path)
                        continue
                    file = tar.extractfile(entry)
                    content = b"" if file is None else file.read()
                    if len(content) != entry.size:
                        raise DamagedPageError("the archive is cut within a member", member=path)
                    members.append(Member(path, content))
            commit = tar.pax_headers.get("comment", "")
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise DamagedPageError(f"the archive is damaged: {error}") from error
    top = tops.pop() if len(tops) == 1 else ""
    tail = top.rpartition("-")[2]
    found = next((text for text in (commit, tail) if _COMMIT.fullmatch(text)), None)
    return Archive(tuple(members), found, top, links, unsafe, tuple(too_large))


def looks_like_tar(head: bytes) -> bool:
    """Whether a file begins like a tar archive (POSIX magic at byte 257)."""
    return head[257:262] == b"ustar"


def single_file(path: str, content: bytes) -> bytes:
    """A tar archive of one file: the same bytes for the same content, whenever and wherever made.

    Args:
        path: The file's path.
        content: Its bytes.

    Returns:
        The archive.
    """
    entry = tarfile.TarInfo(path)
    entry.size = len(content)
    header = entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return header + content + bytes(-len(content) % _BLOCK) + END
