"""One note of OpenReview, in the shape of either API, into a draft."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from harvester.json_page import canonical_json
from harvester.rejects import RecordFaultError, reject, reject_for
from harvester.source import WirePage
from harvester.sources.openreview_venues import group_of
from papers.draft import AuthorDraft, PaperDraft
from papers.ids import ExternalIdError, parse_openreview_id
from papers.record import ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

MEDIA_TYPE = "application/json"
# What a note says of itself; everything else (counts of replies, readers, times of any edit) changes
# without the paper changing, and would make every harvest look like news.
_KEPT = ("id", "forum", "content", "pdate", "mdate", "ddate", "license")
_KEPT_CONTENT = (
    "title", "abstract", "authors", "keywords", "venue", "venueid", "TLDR", "TL;DR", "one-sentence_summary",
)  # fmt: skip
# Endings of a `venueid`, and words of a `venue`, that say a paper was not accepted.
_NOT_ACCEPTED = (
    ("withdrawn", re.compile(r"withdrawn", re.IGNORECASE)),
    ("desk rejected", re.compile(r"desk[ _]?reject", re.IGNORECASE)),
    ("rejected", re.compile(r"reject", re.IGNORECASE)),
    (
        "submitted",
        re.compile(r"\bsubmitted to\b|/Submission$|under[ _]review|decision pending", re.IGNORECASE),
    ),
)
_LIMIT_KEYWORDS = 50


def read_note(
    page: WirePage, note: Any, number: int, skipped: Counter[str]
) -> ParsedRecord | RejectedRecord | None:
    """Read one note.

    Args:
        page: The page it stands on.
        note: The note as plain data.
        number: Its place on the page, from 1, for a note without an id.
        skipped: Counts notes that are no accepted papers, by why.

    Returns:
        The draft beside its bytes, the reject, or None where the note is no accepted paper.
    """
    fields: dict[str, Any] = note if isinstance(note, dict) else {}
    told = fields.get("content")
    content: dict[str, Any] = told if isinstance(told, dict) else {}
    kept: dict[str, Any] = {name: fields[name] for name in _KEPT if fields.get(name) is not None}
    kept["content"] = {name: content[name] for name in _KEPT_CONTENT if name in content}
    identity = fields.get("forum") or fields.get("id")
    wire = WireRecord(
        source=page.source,
        source_id=identity if isinstance(identity, str) and identity else f"{page.slice_key} note[{number}]",
        url=page.url,
        retrieved_at=page.retrieved_at,
        media_type=MEDIA_TYPE,
        payload=canonical_json({"notes": [kept if isinstance(note, dict) else note], "count": 1}),
    )
    try:
        if not isinstance(note, dict):
            raise RecordFaultError("the note is no object", "notes", str(note))
        venueid, venue = _text(content, "venueid"), _text(content, "venue")
        for why, pattern in _NOT_ACCEPTED:
            if pattern.search(venueid) or pattern.search(venue):
                skipped[why] += 1
                return None
        asked = page.facts.get("venueid")
        if asked is not None and venueid != asked:
            skipped["of another venue"] += 1
            return None
        draft = _draft(page.source, fields, content, venueid)
        return ParsedRecord(draft=draft, wire=wire, deleted=bool(fields.get("ddate")))
    except (RecordFaultError, ValidationError) as error:
        return reject_for(wire, error)
    except ExternalIdError as error:
        return reject(wire, "the note has no readable id", "id", str(error))


def _draft(source: str, fields: dict[str, Any], content: dict[str, Any], venueid: str) -> PaperDraft:
    forum = fields.get("forum") or fields.get("id")
    if not isinstance(forum, str):
        raise RecordFaultError("the note has no id", "id")
    identity = parse_openreview_id(f"openreview:{forum}")
    title = latex_to_text(_text(content, "title"))
    if not title:
        raise RecordFaultError("the note has no title", "title")
    authors = _list(content, "authors")
    if not authors:
        raise RecordFaultError("the note has no author", "authors")
    group = group_of(venueid)
    published = _moment(fields, "pdate")
    licence = fields.get("license")
    return PaperDraft(
        source=source,
        source_id=identity.value,
        title=title,
        abstract=latex_to_text(_text(content, "abstract")),
        authors=tuple(AuthorDraft(name=name) for name in authors),
        external_ids=(identity,),
        venue=group.name if group else None,
        container_title=_text(content, "venue") or None,
        volume_id=venueid or None,
        year=group.year if group and group.year else (published.year if published else None),
        published=published.date() if published else None,
        updated=_moment(fields, "mdate"),
        source_categories=tuple(dict.fromkeys(_list(content, "keywords")))[:_LIMIT_KEYWORDS],
        comment=_text(content, "TLDR")
        or _text(content, "TL;DR")
        or _text(content, "one-sentence_summary")
        or None,
        url=f"https://openreview.net/forum?id={identity.value}",
        licence=licence if isinstance(licence, str) else None,
    )


def _value(content: dict[str, Any], name: str) -> Any:
    """A field in the shape of either API: plain (v1), or `{"value": …}` (v2)."""
    found = content.get(name)
    if isinstance(found, dict):
        if "value" not in found and name in ("title", "authors", "venueid"):
            raise RecordFaultError("the field has no value", name, str(found))
        return found.get("value")
    return found


def _text(content: dict[str, Any], name: str) -> str:
    found = _value(content, name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise RecordFaultError("the field is no text", name, str(found))
    return clean_text(found)


def _list(content: dict[str, Any], name: str) -> list[str]:
    found = _value(content, name)
    if found is None:
        return []
    if isinstance(found, str):  # keywords of some venues
        found = re.split(r"[;,]", found)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise RecordFaultError("the field is no list of texts", name, str(found))
    return [text for text in map(clean_text, found) if text]


def _moment(fields: dict[str, Any], name: str) -> datetime | None:
    """A time in milliseconds since 1970, UTC."""
    found = fields.get(name)
    if found is None:
        return None
    try:
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ValueError  # noqa: TRY004 -- read as the other faults are
        return datetime.fromtimestamp(found / 1000, UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError) as error:
        raise RecordFaultError("the field is no time", name, str(found)) from error
