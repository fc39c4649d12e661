"""What arXiv's RSS feeds add to titles and abstracts, taken off again.

Until February 2024 titles end in `. (arXiv:2207.06591v3 [cs.CL] UPDATED)`; since then abstracts begin
with `arXiv:2402.01234v1 Announce Type: new Abstract: `.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAIL = re.compile(
    r"\.? ?\(arXiv:(?P<id>[a-z.-]*/?[0-9.]+)(?:v(?P<version>\d+))? \[(?P<category>[A-Za-z.-]+)\]"
    r"(?: (?:UPDATED|CROSS LISTED))*\)$"
)
_HEAD = re.compile(
    r"^arXiv:(?P<id>[a-z.-]*/?[0-9.]+?)(?:v(?P<version>\d+))? Announce Type: [a-z-]+ (?:Abstract: ?)?"
)


@dataclass(frozen=True)
class FeedMarks:
    """What the marks said.

    Attributes:
        names: The paper's id, where a mark had one.
        version: Its version, or None.
        categories: Its category, where a mark had one.
    """

    names: tuple[str, ...] = ()
    version: int | None = None
    categories: tuple[str, ...] = ()


def without_feed_marks(title: str, abstract: str) -> tuple[str, str, FeedMarks]:
    """Take the marks off.

    Args:
        title: On one line.
        abstract: On one line.

    Returns:
        Title, abstract, and what the marks said.
    """
    marks = FeedMarks()
    for text, pattern in ((title, _TAIL), (abstract, _HEAD)):
        found = pattern.search(text)
        if found is None:
            continue
        version = int(found["version"]) if found["version"] else None
        named = found.groupdict().get("category")
        marks = FeedMarks((f"arxiv:{found['id']}",), version or None, (named,) if named else ())
        if pattern is _TAIL:
            title = title[: found.start()].rstrip()
        else:
            abstract = abstract[found.end() :].lstrip()
    return title, abstract, marks
