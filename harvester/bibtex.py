"""BibTeX as people write it: entries found by their braces, a bad one left aside, a cut one refused.

Read as BibTeX itself reads: every brace counts, escaped ones too; values in braces or quotes, joined by
`#`; `@string` macros and the months. Values are given as they stand, LaTeX and all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from harvester.xml import DamagedPageError

LIMIT_ENTRIES = 200_000
_START = re.compile(r"@\s*(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])")
_LINE_START = re.compile(r"^[ \t]*@\s*[A-Za-z]+\s*[{(]", re.MULTILINE)
_KEY = re.compile(r"\s*(?P<key>[^\s,{}()\"#%'=]*)\s*(?:,|$)")
_FIELD = re.compile(r"\s*(?P<name>[A-Za-z][\w.:+/-]*)\s*=\s*", re.ASCII)
_GAP = re.compile(r"[\s,]*")
_WORD = re.compile(r"[^\s,#{}\"=]+")
_BRACES = re.compile(r"[{}]")
_BRACKETS = re.compile(r"[{})]")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_ENTRY = frozenset({"comment", "preamble", "string"})
# How many lines that begin like an entry may stand within one: a brace that is looked for to the end
# of the file for every entry without one would take hours in a large file.
_REACH = 3


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        kind: `inproceedings`, lower case.
        key: Citation key.
        fields: Values by field name in lower case; of a field given twice the first.
        text: The entry as it stands in the file.
        fault: Why its fields cannot be read; empty where they can.
    """

    kind: str
    key: str
    fields: dict[str, str]
    text: str
    fault: str = ""


@dataclass(frozen=True)
class Name:
    """One name of an author.

    Attributes:
        given: Given names, or empty.
        family: Family name with its particle (`van der`), or the whole name of a group.
        suffix: `Jr.`, or empty.
    """

    given: str
    family: str
    suffix: str = ""


@dataclass
class _Fields:
    text: str
    macros: dict[str, str]
    found: dict[str, str] = field(default_factory=dict)


def read_bibtex(text: str) -> list[Entry]:
    """All entries of a file.

    Args:
        text: The whole file.

    Returns:
        Entries in order; `@string`, `@preamble` and `@comment` are read and left out.

    Raises:
        DamagedPageError: The last entry is not closed: the file is cut.
    """
    macros = dict(zip(_MONTHS, _MONTHS, strict=True))
    entries: list[Entry] = []
    starts = [line.start() for line in _LINE_START.finditer(text)]
    place = 0
    while found := _START.search(text, place):
        number = bisect_right(starts, found.end())
        bound = starts[number + _REACH] if number + _REACH < len(starts) else len(text)
        end = _closing(text, found.end() - 1, bound)
        if end is None:
            if number == len(starts):
                raise DamagedPageError(
                    "the BibTeX file is cut within an entry", entry=text[found.start() :][:80]
                )
            place = starts[number]
            key = _KEY.match(text[found.end() : place])
            kind, whole = found["kind"].lower(), text[found.start() : place].rstrip()
            entries.append(Entry(kind, key["key"] if key else "", {}, whole, "its braces do not close"))
            continue
        kind, body = found["kind"].lower(), text[found.end() : end]
        whole = text[found.start() : end + 1]
        place = end + 1
        if kind == "string":
            macro = _Fields(body, macros)
            _read_fields(macro, 0)
            macros.update(macro.found)
        elif kind not in _NO_ENTRY:
            entries.append(_entry(kind, body, whole, macros))
        if len(entries) > LIMIT_ENTRIES:
            raise DamagedPageError("the BibTeX file has too many entries", limit=LIMIT_ENTRIES)
    return entries


def split_names(text: str) -> list[Name]:
    """The names in an author field.

    Args:
        text: `Last, First and von Last, Jr., First and {A Group} and First Last`.

    Returns:
        Names in order; braces around a group's name are taken off.
    """
    names: list[Name] = []
    for piece in _split(text, _AND):
        parts = [" ".join(part.split()) for part in _split(piece, re.compile(r"\s*,\s*"))]
        if len(parts) >= 3:
            names.append(Name(", ".join(parts[2:]), parts[0], parts[1]))
        elif len(parts) == 2:
            names.append(Name(parts[1], parts[0]))
        elif parts and parts[0]:
            names.append(_spoken_name(parts[0]))
    return [name for name in names if name.family or name.given]


def _spoken_name(text: str) -> Name:
    """`First von Last`: a particle in lower case begins the family name, which is else the last word."""
    if text.startswith("{") and text.endswith("}") and _closing(text, 0) == len(text) - 1:
        return Name("", text[1:-1])
    words = _split(text, re.compile(r"\s+"))
    if len(words) == 1:
        return Name("", words[0])
    start = next((n for n, word in enumerate(words[:-1]) if n and word[:1].islower()), len(words) - 1)
    return Name(" ".join(words[:start]), " ".join(words[start:]))


def _entry(kind: str, body: str, whole: str, macros: dict[str, str]) -> Entry:
    key = _KEY.match(body)
    if key is None or not key["key"]:
        return Entry(kind, "", {}, whole, "it has no citation key")
    fields = _Fields(body, macros)
    fault = _read_fields(fields, key.end())
    return Entry(kind, key["key"], fields.found, whole, fault)


def _read_fields(fields: _Fields, place: int) -> str:
    """Read `name = value, …`; what is wrong, or nothing."""
    text = fields.text
    while (place := _GAP.match(text, place).end()) < len(text):  # type: ignore[union-attr]
        found = _FIELD.match(text, place)
        if found is None:
            return f"it has no field at {text[place : place + 30].strip()!r}"
        value, place = _value(text, found.end(), fields.macros)
        if value is None:
            return f"its field {found['name']} has no value"
        fields.found.setdefault(found["name"].lower(), " ".join(value.split()))
    return ""


def _value(text: str, place: int, macros: dict[str, str]) -> tuple[str | None, int]:
    """A value and where it ends; None for one that is none."""
    pieces: list[str] = []
    while True:
        if place >= len(text):
            return None, place
        if text[place] == "{":
            end = _closing(text, place)
            if end is None:
                return None, place
            pieces.append(text[place + 1 : end])
            place = end + 1
        elif text[place] == '"':
            end = _quote_end(text, place)
            if end is None:
                return None, place
            pieces.append(text[place + 1 : end])
            place = end + 1
        else:
            word = _WORD.match(text, place)
            if word is None:
                return None, place
            pieces.append(macros.get(word[0].lower(), word[0]))
            place = word.end()
        while place < len(text) and text[place].isspace():
            place += 1
        if place >= len(text) or text[place] != "#":
            return "".join(pieces), place
        place += 1
        while place < len(text) and text[place].isspace():
            place += 1


def _closing(text: str, place: int, bound: int | None = None) -> int | None:
    """Where the bracket at `place` closes; braces count, and so does the end of a `(` entry."""
    bound = len(text) if bound is None else bound
    if text[place] == "(":
        depth = 0
        for found in _BRACKETS.finditer(text, place + 1, bound):
            if found[0] == "{":
                depth += 1
            elif found[0] == "}":
                depth -= 1
            elif depth == 0:
                return found.start()
        return None
    depth = 0
    for found in _BRACES.finditer(text, place, bound):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return None


def _quote_end(text: str, place: int) -> int | None:
    depth = 0
    for number in range(place + 1, len(text)):
        if text[number] == "{":
            depth += 1
        elif text[number] == "}":
            depth -= 1
        elif text[number] == '"' and depth == 0:
            return number
    return None


def _split(text: str, at: re.Pattern[str]) -> list[str]:
    """Parts of a text, divided where no brace is open."""
    parts: list[str] = []
    start = depth = checked = 0
    for found in at.finditer(text):
        between = text[checked : found.start()]
        depth += between.count("{") - between.count("}")
        checked = found.start()
        if depth == 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]
