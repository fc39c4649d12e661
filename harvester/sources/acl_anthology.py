"""ACL Anthology: one XML file a collection, read from the Anthology's own repository.

Present and old ids (`2023.acl-long.1`, `P19-1001`), present and old schema: see
`acl_anthology_reader`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from foundation.errors import ConfigurationError
from harvester.http import XML_MEDIA_TYPES, HttpResponse, NotFoundError, PoliteClient
from harvester.source import (
    FACT_NOTHING,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.sources.acl_anthology_reader import MEDIA_TYPE, PARSER_VERSION, ROOTS, WHAT, CollectionReader
from harvester.volumes import plan_volumes
from harvester.xml import parse_xml, root_hint
from papers.record import ParsedPage

DEFAULT_YEARS = 3  # a plain harvest looks at this year and the two before
_DEFAULT_REF = "master"

_COLLECTION = re.compile(r"\d{4}\.[a-z0-9_]+|[A-Z]\d\d")


class AnthologyFile:
    """A collection file, as in the Anthology's `data/xml`."""

    name = "Anthology XML"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether the root element is `<collection id=…>`."""
        root, attributes = root_hint(head)
        return root == "collection" and b"id=" in attributes

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        root = parse_xml(payload, ROOTS, what=WHAT)
        key = root.get("id") or file_name
        yield WirePage(
            "acl_anthology", key, file_name, f"file:{file_name}", retrieved_at, MEDIA_TYPE, payload
        )


class AclAnthology:
    """The ACL Anthology, collection by collection."""

    name = "acl_anthology"
    label = "ACL Anthology"
    operator = "github-raw"
    delay_seconds = 1.0  # no rule is published; one request a second, some 30 requests a harvest
    default_base_url = "https://raw.githubusercontent.com"
    enabled_by_default = True
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (AnthologyFile(),)
    parser_version = PARSER_VERSION

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a collection.

        Collections are asked for again even when done, since papers are corrected for years; a
        validator makes that cheap.

        Args:
            request: Venue ids of the Anthology, or none for all venues of the last three years.
            done: Not used: nothing in the Anthology is ever final.
            today: The present day, UTC.

        Returns:
            Slices, oldest year first.

        Raises:
            ConfigurationError: A venue id is unknown.
        """
        return plan_volumes(self.name, request, today, default_years=DEFAULT_YEARS)

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for a collection.

        Args:
            piece: A slice of `plan`.
            position: Not used: a collection is one page.
            client: The polite client.

        Returns:
            The page; without a body where nothing changed since `piece.etag`, or where an optional
            collection is not there yet.

        Raises:
            SourceError: No usable answer.
        """
        collection = piece.volume or ""
        if not _COLLECTION.fullmatch(collection):
            raise ConfigurationError("not a collection of the Anthology", slice=piece.key)
        path = f"/acl-org/acl-anthology/{client.ref or _DEFAULT_REF}/data/xml/{collection}.xml"
        try:
            response = client.get(path, media_types=XML_MEDIA_TYPES, etag=piece.etag, check=_check)
        except NotFoundError as error:
            if not piece.optional:
                error.hint = "Its papers may not be published yet; or set the reference that has them."
                raise
            facts, url, when = {FACT_NOTHING: "not published yet"}, client.base_url + path, client.clock.now()
            return WirePage(self.name, piece.key, f"{collection}.xml", url, when, "", b"", None, facts)
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=f"{collection}.xml",
            url=response.url,
            retrieved_at=response.retrieved_at,
            media_type=response.media_type or MEDIA_TYPE,
            payload=response.body,
            etag=response.etag or piece.etag,
            facts={FACT_NOTHING: "not modified"} if response.not_modified else {},
        )

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a collection. Pure.

        Args:
            page: A whole collection file, or one rejected record's payload.

        Returns:
            Drafts and rejects; front matter, back matter and events are counted as skipped.

        Raises:
            DamagedPageError: It is no whole, well-formed collection.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        return CollectionReader(page).read()


def _check(response: HttpResponse) -> None:
    parse_xml(response.body, ROOTS, what=WHAT)
