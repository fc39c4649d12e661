"""A small OAI-PMH repository of invented records, as obedient or as faulty as a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<responseDate>{moment}</responseDate>
<request>http://oaipmh.arxiv.org/oai</request>
"""
IDENTIFY = (
    "<Identify><repositoryName>arXiv</repositoryName><protocolVersion>2.0</protocolVersion>"
    "<earliestDatestamp>2005-09-16</earliestDatestamp><deletedRecord>persistent</deletedRecord>"
    "<granularity>YYYY-MM-DD</granularity></Identify>\n"
)


def record(number: int, day: str = "2026-03-01", *, title: str | None = None, deleted: bool = False) -> str:
    """An invented record.

    Args:
        number: Makes id, title and author.
        day: Datestamp.
        title: Title; made from the number when None.
        deleted: A tombstone.
    """
    status = ' status="deleted"' if deleted else ""
    header = (
        f"<header{status}><identifier>oai:arXiv.org:2601.{number:05d}</identifier>"
        f"<datestamp>{day}</datestamp><setSpec>cs:cs:CL</setSpec></header>"
    )
    metadata = (
        f'<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2601.{number:05d}</id>'
        f"<created>2026-01-02</created><authors><author><keyname>Number{number}</keyname>"
        f"<forenames>Author</forenames></author></authors>"
        f"<title>{title or f'Invented Paper Number {number}'}</title><categories>cs.CL</categories>"
        f"<abstract>Paper {number} brews tea in a way that nobody has tried.</abstract></arXiv></metadata>"
    )
    return f"<record>{header}{'' if deleted else metadata}</record>\n"


def answer(inner: str, moment: str = "2026-03-04T22:41:07Z") -> bytes:
    """An answer around elements."""
    return f"{HEAD.format(moment=moment)}{inner}</OAI-PMH>\n".encode()


def error(code: str, moment: str = "2026-03-04T22:41:07Z") -> bytes:
    """An error of the protocol."""
    return answer(f'<error code="{code}">said so</error>\n', moment)


def listing(records: Sequence[str], token: str | None, moment: str = "2026-03-04T22:41:07Z") -> bytes:
    """A page of a list.

    Args:
        records: `<record>` elements as text.
        token: The resumption token; None leaves the element out, empty makes it empty.
        moment: When it was given.
    """
    last = "" if token is None else f"<resumptionToken>{token}</resumptionToken>\n"
    return answer(f"<ListRecords>\n{''.join(records)}{last}</ListRecords>\n", moment)


@dataclass
class Repository:
    """Records by datestamp, served in pages; a callable answer for the replay server.

    Attributes:
        server: The module of the replay server.
        records: Datestamp and `<record>` text, in the order in which they are served.
        page_records: Records a page.
        moments: What responseDate says, question by question; the last one for ever.
        fault: Asked first, with the number of the question to ListRecords and its arguments; bytes
            are the answer instead.
        asked: Arguments of every ListRecords.
    """

    server: ModuleType
    records: list[tuple[str, str]]
    page_records: int = 10
    moments: tuple[str, ...] = ("2026-03-04T22:41:07Z",)
    fault: Callable[[int, Mapping[str, str]], bytes | None] | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, request: Any) -> Any:
        """Answer a request."""
        query = dict(request.query)
        if query.pop("verb") == "Identify":
            return self.server.Answer(answer(IDENTIFY))
        self.asked.append(query)
        number = len(self.asked)
        moment = self.moments[min(number, len(self.moments)) - 1]
        wrong = self.fault(number, query) if self.fault else None
        return self.server.Answer(self._page(query, moment) if wrong is None else wrong)

    def _page(self, query: Mapping[str, str], moment: str) -> bytes:
        start = 0
        window = query
        if "resumptionToken" in query:
            assert set(query) == {"resumptionToken"}, "an exclusive argument"
            first, until, place = query["resumptionToken"].split("|")
            window, start = {"from": first, "until": until}, int(place)
        first, until = window.get("from", ""), window.get("until", "")
        chosen = [text for day, text in self.records if first <= day and (not until or day <= until)]
        if not chosen:
            return error("noRecordsMatch", moment)
        end = start + self.page_records
        return listing(chosen[start:end], f"{first}|{until}|{end}" if end < len(chosen) else "", moment)
