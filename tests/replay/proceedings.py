"""A proceedings site of invented papers, in the old layout or the new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

TRACKS = ("Conference", "Datasets_and_Benchmarks_Track")


def digits(number: int) -> str:
    """The 32 hex digits of a paper."""
    return f"{number:032x}"


def path(number: int, year: int = 2023, track: str | None = None) -> str:
    """The path of a paper's page; every third paper is in the second track."""
    track = TRACKS[number % 3 == 2] if track is None else track
    return f"/paper_files/paper/{year}/hash/{digits(number)}-Abstract-{track}.html"


def old_page(
    number: int, year: int = 2023, *, abstract: bool = True, title: bool = True, authors: bool = True
) -> bytes:
    """A page as it was until spring 2026."""
    track = TRACKS[number % 3 == 2]
    name = f"Invented Paper Number {number}"
    parts = [
        f"<h4>{name}</h4>\n" if title else "",
        f"<a href='/paper_files/paper/{year}/file/{digits(number)}-Paper-{track}.pdf'>Paper</a>\n",
        f"<h4>Authors</h4>\n<p><i>Author Number{number}, Ada Example</i></p>\n" if authors else "",
        f"<h4>Abstract</h4>\n<p><p>Paper {number} brews tea.</p></p>\n" if abstract else "",
    ]
    return _html(name, "".join(parts))


def new_page(
    number: int, year: int = 2023, *, abstract: bool = True, title: bool = True, authors: bool = True
) -> bytes:
    """A page as it is since spring 2026."""
    track = TRACKS[number % 3 == 2]
    name = f"Invented Paper Number {number}"
    parts = [
        f'<h1 class="paper-title">{name}</h1>\n' if title else "",
        f'<span class="paper-authors">Author Number{number}, Ada Example</span>\n' if authors else "",
        f'<a href="/paper_files/paper/{year}/file/{digits(number)}-Paper-{track}.pdf">Paper</a>\n',
        '<section class="paper-section"><h2 class="section-label">Abstract</h2>\n'
        f'<p class="paper-abstract"><p>Paper {number} brews tea.</p></p></section>\n'
        if abstract
        else "",
    ]
    return _html(name, "".join(parts))


def index(paths: list[str], *, stated: int | None = None, links: list[str] | None = None) -> bytes:
    """An index page.

    Args:
        paths: Of the papers.
        stated: How many papers it says there are; None says nothing.
        links: Further addresses on the page.
    """
    count = "" if stated is None else f'<span class="paper-count">{stated} papers</span>\n'
    listed = "".join(
        f'<li class="conference" data-track="conference"><div class="paper-content"><a title="paper title" '
        f'href="{one}">Invented</a> <span class="paper-authors">Ada Example</span></div></li>\n'
        for one in paths
    )
    further = "".join(f'<a href="{one}">more</a>\n' for one in links or [])
    return _html("Proceedings", f'{count}{further}<ul class="paper-list">\n{listed}</ul>\n')


def _html(title: str, inner: str) -> bytes:
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f'<body>\n<nav><a href="/">Home</a></nav>\n{inner}</body>\n</html>\n'
    ).encode()


@dataclass
class Site:
    """Papers by number; a callable answer for the replay server.

    Attributes:
        server: The module of the replay server.
        numbers: The papers of the one year that there is.
        year: That year.
        page: Makes a paper's page.
        stated: As for `index`.
        fault: Asked first, with the path; bytes or an answer come instead.
        asked: Every path that was asked for.
    """

    server: ModuleType
    numbers: list[int]
    year: int = 2023
    page: Callable[[int, int], bytes] = old_page
    stated: int | None = None
    fault: Callable[[str], Any] | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Any) -> Any:
        """Answer a request."""
        self.asked.append(request.path)
        wrong = self.fault(request.path) if self.fault else None
        if wrong is not None:
            return self.server.Answer(wrong, media_type="text/html") if isinstance(wrong, bytes) else wrong
        if request.path == f"/paper/{self.year}":
            listed = index([path(number, self.year) for number in self.numbers], stated=self.stated)
            return self.server.Answer(listed, media_type="text/html; charset=utf-8")
        for number in self.numbers:
            if request.path == path(number, self.year):
                return self.server.Answer(self.page(number, self.year), media_type="text/html")
        return self.server.Answer(b"not here", 404, "text/plain")
