"""Proceedings of Machine Learning Research: one archive a volume, from the publisher's repositories.

Each volume is a repository `mlresearch/v202` whose folder `_posts` holds one file of YAML front matter a
paper. Its archive is read as it arrives and left behind that folder: some volumes keep their PDFs in
the same repository, and PDFs are not wanted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from urllib.parse import quote

from pydantic import ValidationError

from foundation.errors import ConfigurationError, SuspectAnswerError
from harvester import bibtex
from harvester.archive import Archive, ArchiveStream, looks_like_tar, read_archive, single_file
from harvester.http import HttpResponse, NotFoundError, PoliteClient
from harvester.rejects import RecordFaultError, reject, reject_for
from harvester.source import (
    FACT_NOTHING,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.sources.pmlr_record import draft_of_entry, draft_of_post
from harvester.volumes import plan_volumes
from harvester.xml import DamagedPageError
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord

PARSER_VERSION = 1
DEFAULT_YEARS = 3  # a plain harvest looks at this year and the two before
TAR_MEDIA_TYPE = "application/x-tar"
BIBTEX_MEDIA_TYPE = "application/x-bibtex"
ARCHIVE_MEDIA_TYPES = (
    "application/x-gzip", "application/gzip", "application/x-tar", "application/octet-stream",
)  # fmt: skip
_DEFAULT_REF = "HEAD"  # what git calls the default branch: gh-pages for most volumes, main for some
_FOLDER = "_posts"
_POST = re.compile(r"(?:[^/]+/)?_posts/[^/]+\.(?:md|markdown)")
_VOLUME = re.compile(r"[vr][1-9]\d{0,3}")
_DATED = re.compile(r"^\d{4}-\d\d-\d\d-")
_PROCEEDINGS = re.compile(rb"\s*@Proceedings\s*\{(?P<fields>.*?)\n\}", re.IGNORECASE | re.DOTALL)
_REFERENCE = re.compile(rb"(?s)---\r?\n.*\npublisher: PMLR\r?\n")
# A change of the front matter would turn every post into a reject: that is the source's doing.
_REJECTS_SHARE = 0.1
_REJECTS_FLOOR = 20


class PmlrArchiveFile:
    """A volume's posts: an archive of the repository or of its `_posts`."""

    name = "PMLR posts"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it is a tar archive that soon comes to a folder `_posts`."""
        return looks_like_tar(head) and b"_posts/" in head

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        read_archive(payload, wanted=_POST)
        yield _file_page(file_name, payload, retrieved_at, TAR_MEDIA_TYPE)


class PmlrPostFile:
    """One post."""

    name = "PMLR post"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it begins with front matter that names PMLR as publisher."""
        return file_name.endswith((".md", ".markdown")) and _REFERENCE.match(head) is not None

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The post, as an archive of one."""
        if not payload.rstrip().endswith(b"---"):
            raise DamagedPageError("the post is cut: its front matter is not closed")
        archive = single_file(f"{_FOLDER}/{file_name}", payload)
        yield _file_page(file_name, archive, retrieved_at, TAR_MEDIA_TYPE)


class PmlrBibtexFile:
    """A volume's BibTeX, as its editors send it: `@Proceedings` first, then its papers."""

    name = "PMLR volume BibTeX"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it begins with a `@Proceedings` that has the fields of PMLR's own format."""
        found = _PROCEEDINGS.match(head)
        return found is not None and all(
            re.search(rb"\n\s*" + field + rb"\s*=", found["fields"])
            for field in (b"volume", b"published", b"shortname")
        )

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        _read_volume(payload)
        yield _file_page(file_name, payload, retrieved_at, BIBTEX_MEDIA_TYPE)


class Pmlr:
    """PMLR, volume by volume: ICML, AISTATS and others."""

    name = "pmlr"
    label = "PMLR"
    operator = "github-codeload"
    delay_seconds = 1.0  # no rule is published; one request a second, some ten requests a harvest
    default_base_url = "https://codeload.github.com"
    enabled_by_default = True
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (PmlrArchiveFile(), PmlrPostFile(), PmlrBibtexFile())
    parser_version = PARSER_VERSION

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a volume; asked for again even when done, since a validator makes that cheap.

        Args:
            request: Venue ids of PMLR, or none for all its venues of the last three years.
            done: Not used.
            today: The present day, UTC.

        Returns:
            Slices, oldest year first.

        Raises:
            ConfigurationError: A venue id is unknown.
        """
        return plan_volumes(self.name, request, today, default_years=DEFAULT_YEARS)

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for a volume's archive.

        Args:
            piece: A slice of `plan`.
            position: Not used: a volume is one page.
            client: The polite client.

        Returns:
            The page, an unpacked tar archive; without a body where nothing changed.

        Raises:
            SourceError: No usable answer.
        """
        volume = piece.volume or ""
        if not _VOLUME.fullmatch(volume):
            raise ConfigurationError("not a volume of PMLR", slice=piece.key)
        ref = client.ref or _DEFAULT_REF
        path = f"/mlresearch/{volume}/tar.gz/{quote(ref, safe='/')}"
        try:
            response = client.get(
                path,
                media_types=ARCHIVE_MEDIA_TYPES,
                etag=piece.etag,
                check=_check,
                enough=lambda: ArchiveStream(_FOLDER).feed,
            )
        except NotFoundError as error:
            if not piece.optional:
                error.hint = "Its papers may not be published yet; or set the reference that has them."
                raise
            facts, url, when = {FACT_NOTHING: "not published yet"}, client.base_url + path, client.clock.now()
            return WirePage(self.name, piece.key, f"{volume}.tar", url, when, "", b"", None, facts)
        facts = {FACT_NOTHING: "not modified"} if response.not_modified else {"ref": ref}
        payload, url = b"", response.url
        if not response.not_modified:
            payload = _unpacked(response.body)
            commit = read_archive(payload, wanted=_POST).commit
            if commit is not None:
                facts["commit"] = commit
                url = f"{client.base_url}/mlresearch/{volume}/tar.gz/{commit}"
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=f"{volume}.tar",
            url=url,
            retrieved_at=response.retrieved_at,
            media_type=TAR_MEDIA_TYPE,
            payload=payload,
            etag=response.etag or piece.etag,
            facts=facts,
        )

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a volume. Pure.

        Args:
            page: A tar archive of posts, a volume's BibTeX, or one rejected record's payload.

        Returns:
            Drafts and rejects.

        Raises:
            DamagedPageError: It is neither, or cut.
            SuspectAnswerError: A harvested volume holds no post, or hardly one that can be read.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        if looks_like_tar(page.payload[:512]):
            parsed = _read_posts(page, read_archive(page.payload, wanted=_POST))
        else:
            parsed = _read_entries(page)
        if "ref" in page.facts:
            _check_shape(page, parsed)
        return parsed


def _read_posts(page: WirePage, archive: Archive) -> ParsedPage:
    skipped: Counter[str] = Counter()
    for kind, count in (("link", archive.links), ("unsafe name", archive.unsafe)):
        if count:
            skipped[kind] += count
    records: list[ParsedRecord] = []
    rejects: list[RejectedRecord] = []
    for member in archive.members:
        name = member.path.rpartition("/")[2]
        wire = WireRecord(
            source=page.source,
            source_id=_expected_id(page, name),
            url=f"{page.url}#{_FOLDER}/{name}",
            retrieved_at=page.retrieved_at,
            media_type=TAR_MEDIA_TYPE,
            payload=single_file(f"{_FOLDER}/{name}", member.content),
        )
        try:
            records.append(ParsedRecord(draft_of_post(page.source, member.content, skipped), wire))
        except (RecordFaultError, ValidationError) as error:
            rejects.append(reject_for(wire, error))
    for path in archive.too_large:
        name = path.rpartition("/")[2]
        wire = WireRecord(
            page.source, _expected_id(page, name), page.url, page.retrieved_at, TAR_MEDIA_TYPE, b""
        )
        rejects.append(reject(wire, "the post is larger than any should be", "size"))
    return ParsedPage(tuple(records), tuple(rejects), dict(skipped), parser_version=PARSER_VERSION)


def _expected_id(page: WirePage, name: str) -> str:
    """The id that a post of this name should have, for one that cannot be read."""
    stem = _DATED.sub("", name.rpartition(".")[0])
    return f"{page.slice_key}/{stem}" if _VOLUME.fullmatch(page.slice_key) else stem


def _read_entries(page: WirePage) -> ParsedPage:
    volume, entries = _read_volume(page.payload)
    records: list[ParsedRecord] = []
    rejects: list[RejectedRecord] = []
    skipped: Counter[str] = Counter()
    for number, entry in enumerate(entries, start=1):
        if entry.kind != "inproceedings":
            skipped[f"@{entry.kind}"] += 1
            continue
        wire = WireRecord(
            source=page.source,
            source_id=entry.key or f"entry[{number}]",
            url=page.url,
            retrieved_at=page.retrieved_at,
            media_type=BIBTEX_MEDIA_TYPE,
            payload=f"{volume.text}\n\n{entry.text}\n".encode(),
        )
        try:
            records.append(ParsedRecord(draft_of_entry(page.source, volume, entry), wire))
        except (RecordFaultError, ValidationError) as error:
            rejects.append(reject_for(wire, error))
    return ParsedPage(tuple(records), tuple(rejects), dict(skipped), parser_version=PARSER_VERSION)


def _read_volume(payload: bytes) -> tuple[bibtex.Entry, list[bibtex.Entry]]:
    """The volume's own entry, and the others.

    Raises:
        DamagedPageError: It is no volume's BibTeX, or cut.
    """
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedPageError(f"the volume's BibTeX is not in UTF-8: {error}") from error
    entries = bibtex.read_bibtex(text)
    if not entries or entries[0].kind != "proceedings" or entries[0].fault:
        raise DamagedPageError("the page is neither an archive nor a volume's BibTeX", begins=text[:60])
    return entries[0], entries[1:]


def _check_shape(page: WirePage, parsed: ParsedPage) -> None:
    total = len(parsed.records) + len(parsed.rejects)
    if not total:
        raise SuspectAnswerError(
            "source-changed: the volume's archive holds no post",
            hint="Nothing was stored. The publisher may have moved the posts.",
            url=page.url,
        )
    if len(parsed.rejects) > max(_REJECTS_FLOOR, _REJECTS_SHARE * total):
        raise SuspectAnswerError(
            "source-changed: too many posts cannot be read",
            hint="Nothing was stored. The publisher may have changed the front matter.",
            url=page.url,
            posts=total,
            rejected=len(parsed.rejects),
            first=parsed.rejects[0].reason,
        )


def _unpacked(body: bytes) -> bytes:
    stream = ArchiveStream(_FOLDER)
    stream.feed(body)
    return stream.finish()


def _check(response: HttpResponse) -> None:
    read_archive(_unpacked(response.body), wanted=_POST)


def _file_page(file_name: str, payload: bytes, retrieved_at: datetime, media_type: str) -> WirePage:
    return WirePage(
        "pmlr", file_name, f"file {file_name}", f"file:{file_name}", retrieved_at, media_type, payload
    )
