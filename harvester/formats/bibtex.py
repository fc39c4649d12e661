"""BibTeX lists as people keep them: LaTeX in fields, ids in many places, entries that are broken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from harvester.bibtex import Entry, Name, read_bibtex, split_names
from harvester.formats.facts import Facts, day_of, draft_of, person, year_of
from harvester.formats.reader import NoPaperError, cut_pages, decoded, first_record, read_records
from harvester.rejects import RecordFaultError
from harvester.source import FileFormat, WirePage
from papers.draft import AuthorDraft, PaperDraft
from papers.record import ParsedPage
from papers.text import clean_text, latex_to_text

PARSER_VERSION = 1
MEDIA_TYPE = "application/x-bibtex"
_START = re.compile(rb"^[ \t]*@[ \t]*[A-Za-z]+[ \t\r\n]*[{(]", re.MULTILINE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_PAPERS = frozenset({"proceedings", "collection"})
_VENUE_FIELDS = ("booktitle", "journal", "journaltitle", "howpublished", "eventtitle", "series")
_ARCHIVES = {
    "arxiv": "arxiv:", "openreview": "openreview:", "pmlr": "pmlr:", "acl": "acl:", "doi": "doi:",
}  # fmt: skip
# Signs that LaTeX writes by name, and that pylatexenc does not know or would read as syntax.
_NAMED = {
    r"\textbackslash": "\\", r"\textbraceleft": "{", r"\textbraceright": "}", r"\textasciitilde": "~",
    r"\textasciicircum": "^", r"\textless": "<", r"\textgreater": ">", r"\textbar": "|",
    r"\textdollar": "$", r"\textunderscore": "_", r"\{": "{", r"\}": "}", r"\$": "$", r"\&": "&",
    r"\%": "%", r"\#": "#", r"\_": "_",
}  # fmt: skip
_NAMED_SIGN = re.compile(
    r"\\text(?:backslash|braceleft|braceright|asciitilde|asciicircum|less|greater|bar|dollar|underscore)"
    r"(?![A-Za-z])(?:\{\}|[ ]+)?|\\[{}$&%#_]"
)
# Private code points stand for such signs while the LaTeX around them is read.
_PLACES = {sign: chr(0xF8A0 + at) for at, sign in enumerate("\\{}~^<>|$_&%#")}


class BibtexFile:
    """A `.bib` file."""

    name = "BibTeX"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether a line begins an entry, and the file begins like none of the other formats."""
        found = _START.search(head)
        return found is not None and not head[: found.start()].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
            (b"{", b"[", b"<")
        )

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Entries of the file."""
        entries = (_canonical(entry) for entry in _entries(payload))
        yield from cut_pages("bibtex", MEDIA_TYPE, file_name, retrieved_at, entries, b"\n".join)


class Bibtex:
    """Reads BibTeX entries."""

    name = "bibtex"
    parser_version = PARSER_VERSION
    file_formats: tuple[FileFormat, ...] = (BibtexFile(),)

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: Entries, or one rejected record's payload.

        Returns:
            Drafts and rejects; entries of proceedings are counted as skipped.

        Raises:
            DamagedPageError: It is not UTF-8.
        """
        start = first_record(page)
        named = [
            (entry.key or f"entry[{start + at}]", _canonical(entry))
            for at, entry in enumerate(_entries(page.payload))
        ]
        return read_records(page, named, _draft, PARSER_VERSION)


def latex_field(value: str) -> str:
    r"""A field's LaTeX as text: `{BERT}` is BERT, `Schr{\"o}dinger` Schrödinger, `\&` &."""
    held = _NAMED_SIGN.sub(lambda match: _PLACES[_NAMED[match[0].rstrip(" ").removesuffix("{}")]], value)
    text = latex_to_text(held)
    for sign, place in _PLACES.items():
        text = text.replace(place, sign)
    return clean_text(text)


def bibtex_authors(value: str) -> tuple[AuthorDraft, ...]:
    """A list of names: `First von Last and Last, First and {Some Group}`.

    Args:
        value: The field, LaTeX.

    Returns:
        Authors; "others" is left out.
    """
    return tuple(
        author
        for name in split_names(value)
        if f"{name.given}{name.family}".lower() != "others" and (author := _author(name)) is not None
    )


def _author(name: Name) -> AuthorDraft | None:
    given, family, suffix = (latex_field(part) for part in (name.given, name.family, name.suffix))
    if not given and not suffix:  # a group, or a name of one word: nothing to tell apart
        return AuthorDraft(name=family) if family else None
    return person(given, family, suffix)


def _entries(payload: bytes) -> list[Entry]:
    # The last line closes the search for a brace: an entry without its own is one reject, no cut file.
    return read_bibtex(decoded(payload, "the BibTeX file") + "\n@comment{}\n")


def _canonical(entry: Entry) -> bytes:
    """An entry with its macros written out, so that it can be read again by itself."""
    if entry.fault:
        return entry.text.encode("utf-8")
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in entry.fields.items())
    return f"@{entry.kind}{{{entry.key},\n{fields}}}\n".encode()


def _draft(payload: bytes, skipped: Counter[str]) -> PaperDraft:
    entry = _entries(payload)[0]
    if entry.fault:
        raise RecordFaultError(f"the entry cannot be read: {entry.fault}", "", entry.text)
    if entry.kind in _NO_PAPERS:
        raise NoPaperError(f"@{entry.kind}")
    fields = entry.fields
    names, links = _names(fields)
    venue = next((text for name in _VENUE_FIELDS if (text := latex_field(fields.get(name, "")))), "")
    if "://" in venue:  # `howpublished = {\url{…}}`
        links.append(venue)
        venue = ""
    facts = Facts(
        title=latex_field(fields.get("title", "")),
        abstract=latex_field(fields.get("abstract", "")),
        authors=bibtex_authors(fields.get("author", "")),
        names=names,
        links=links,
        venue=venue,
        year=year_of(fields.get("year", "") or fields.get("date", "")),
        published=_published(fields),
        pages=latex_field(fields.get("pages", "")),
        categories=tuple(
            dict.fromkeys(
                text for part in re.split(r"[;,]", fields.get("keywords", "")) if (text := latex_field(part))
            )
        ),
        comment=latex_field(fields.get("note", "")),
        key=clean_text(entry.key),
    )
    return draft_of("bibtex", facts, skipped)


def _names(fields: dict[str, str]) -> tuple[list[str], list[str]]:
    names = [f"doi:{part}" for part in _plain(fields.get("doi", "")).split()[:1]]
    if names and "://" in names[0]:
        names = [names[0].removeprefix("doi:")]
    eprint = _plain(fields.get("eprint", ""))
    if eprint:
        archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv").strip().lower()
        if archive in _ARCHIVES:
            names.append(eprint if "://" in eprint else f"{_ARCHIVES[archive]}{eprint}")
    arxiv = re.search(
        r"arxiv:\s*([^\s,;{}]+)", " ".join(fields.get(name, "") for name in ("journal", "note")), re.I
    )
    if arxiv is not None:
        names.append(f"arxiv:{arxiv[1].rstrip('.')}")
    links = [
        link
        for name in ("url", "ee", "link", "bdsk-url-1")
        for link in re.findall(r"https?://[^\s{}\"<>]+", _plain(fields.get(name, "")))
    ]
    return names, links


def _plain(value: str) -> str:
    r"""A DOI or URL as it stands, with the escapes that people put in for LaTeX taken out."""
    return re.sub(r"\\([_%&#~])", r"\1", value).replace("\\url", "").strip().strip("{}").strip()


def _published(fields: dict[str, str]) -> date | None:
    day = day_of(fields.get("date", ""))
    if day is not None:
        return day
    year = year_of(fields.get("year", ""))
    month = fields.get("month", "").strip().lower()
    named = month[:3] in _MONTHS
    number = _MONTHS.index(month[:3]) + 1 if named else int(month) if month.isdecimal() else 0
    text = fields.get("day", "").strip()
    if year is None or not 1 <= number <= 12 or not text.isdecimal():
        return None
    return day_of(f"{year:04d}-{number:02d}-{int(text):02d}")
