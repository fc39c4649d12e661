"""The envelope of OAI-PMH 2.0: records, resumption token, errors; what a repository says of itself.

Section numbers are those of the protocol, openarchives.org/OAI/openarchivesprotocol.html. A token is
opaque (3.5): it is handed back as it came and never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from foundation.errors import SuspectAnswerError, TransientSourceError
from harvester.http import BadRequestError
from harvester.xml import DamagedPageError, element_children, local_name, parse_xml
from papers.text import clean_text

MEDIA_TYPE = "text/xml"
NAMESPACE = "{http://www.openarchives.org/OAI/2.0/}"
ROOTS = frozenset({f"{NAMESPACE}OAI-PMH", f"{NAMESPACE}record", "record"})
WHAT = "the OAI-PMH answer"
TOKEN_LIMIT_CHARACTERS = 4_000  # a token travels in a URL
_LISTS = frozenset({"GetRecord", "ListRecords"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class OaiRequestError(BadRequestError):
    """The repository does not accept the request (`badArgument` and its kind, 3.6): configuration."""


class BadTokenError(TransientSourceError):
    """The repository no longer knows the resumption token: the list must be begun anew."""


class NothingMatchesError(SuspectAnswerError):
    """`noRecordsMatch`: at the beginning of a list a proven zero, in the middle of one a contradiction."""


@dataclass(frozen=True)
class OaiAnswer:
    """A list of records, read whole.

    Attributes:
        records: `<record>` elements.
        token: Where the list goes on; empty at its end, whether the element is absent, empty,
            self-closed or white space.
        total: `completeListSize`, where the repository states it (arXiv does not).
        response_date: When the repository answered, by its own clock; None for a bare record.
        unknown: Names of elements beside the records that the protocol does not have.
    """

    records: tuple[etree._Element, ...]
    token: str
    total: int | None
    response_date: datetime | None
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """What a repository says of itself (`Identify`, 4.2).

    Attributes:
        earliest: No datestamp is before this day.
        granularity: `YYYY-MM-DD`, or with seconds; days are understood either way (2.7.1).
        deleted_record: `no`, `persistent` or `transient`: whether it tells of deletions (2.5.1).
    """

    earliest: date
    granularity: str
    deleted_record: str


def read_answer(payload: bytes) -> OaiAnswer:
    """Read an answer to ListRecords or GetRecord, or one bare record.

    Args:
        payload: The whole answer.

    Returns:
        The records, and how the list goes on.

    Raises:
        DamagedPageError: It is no whole, well-formed answer.
        OaiRequestError: The repository does not accept the request.
        BadTokenError: It no longer knows the token.
        NothingMatchesError: It holds nothing of the kind.
    """
    root = parse_xml(payload, ROOTS, what=WHAT)
    if local_name(root) == "record":
        return OaiAnswer((root,), "", None, None, ())
    _raise_errors(root)
    lists = [child for child in element_children(root) if local_name(child) in _LISTS]
    if len(lists) != 1:
        raise DamagedPageError(f"{WHAT} holds no list of records", elements=_names(root))
    records: list[etree._Element] = []
    unknown: list[str] = []
    token, total = "", None
    for child in element_children(lists[0]):
        name = local_name(child)
        if name == "record":
            records.append(child)
        elif name == "resumptionToken":
            token = (child.text or "").strip()
            total = _number(child.get("completeListSize", ""))
        else:
            unknown.append(name)
    if len(token) > TOKEN_LIMIT_CHARACTERS:
        raise SuspectAnswerError("the resumption token is longer than any should be", characters=len(token))
    return OaiAnswer(tuple(records), token, total, _response_date(root), tuple(unknown))


def read_identity(payload: bytes) -> Identity | None:
    """Read an answer to Identify.

    Args:
        payload: The whole answer.

    Returns:
        What the repository says; None where it answers something else.

    Raises:
        DamagedPageError: It is no whole, well-formed answer, or leaves out what it must say.
    """
    root = parse_xml(payload, ROOTS, what=WHAT)
    found = next((child for child in element_children(root) if local_name(child) == "Identify"), None)
    if found is None:
        return None
    values = {local_name(child): (child.text or "").strip() for child in element_children(found)}
    earliest = read_day(values.get("earliestDatestamp", ""))
    if earliest is None:
        raise DamagedPageError(
            f"{WHAT} to Identify has no earliest datestamp", value=values.get("earliestDatestamp", "")
        )
    return Identity(earliest, values.get("granularity", ""), values.get("deletedRecord", ""))


def read_day(text: str) -> date | None:
    """The day of a datestamp, `2024-01-31` or `2024-01-31T12:00:00Z`; None for anything else."""
    found = _DAY.match(text.strip())
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def _raise_errors(root: etree._Element) -> None:
    errors = [child for child in element_children(root) if local_name(child) == "error"]
    if not errors:
        return
    codes = [error.get("code", "") for error in errors]
    story = "; ".join(
        f"{code}: {clean_text(''.join(str(text) for text in error.itertext()))}"
        for code, error in zip(codes, errors, strict=True)
    )
    if "badResumptionToken" in codes:
        raise BadTokenError(f"the resumption token is no longer known ({story})")
    if codes == ["noRecordsMatch"]:
        raise NothingMatchesError(
            "the repository finds nothing where it found records before",
            hint="Run the harvest again later; what was found is stored.",
            answer=story,
        )
    raise OaiRequestError(
        f"the repository does not accept the request: {story}",
        hint="Mend the categories or days; trying again does not help.",
    )


def _response_date(root: etree._Element) -> datetime:
    text = (root.findtext(f"{NAMESPACE}responseDate") or "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DamagedPageError(f"{WHAT} does not say when it was given", value=text) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


def _names(root: etree._Element) -> str:
    return " ".join(local_name(child) for child in element_children(root))[:200]
