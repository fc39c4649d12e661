from __future__ import annotations

from collections.abc import Callable

import pytest

from db.models import LabelAssignment, LabelCell, Paper, SourceRecord
from landscape.gaps import take_gaps
from taxonomy.loader import load_taxonomy

USUAL = 30


@pytest.fixture
def harvested(builder, now) -> Callable[..., None]:
    """A library of ten papers a cell, all met by a harvest but in the cells that a test names."""

    def make(*, blind: str | None = None, thin: str | None = None, unknown: str | None = None) -> None:
        runs = {"library": builder.run("library"), "model": builder.run()}
        with builder.store.write() as session:

            def paper(title: str, cell: str, method: str, venue: str, *sources: str) -> None:
                row = Paper(
                    key=f"arxiv:{title}", title=title, title_key=title, source=sources[0], venue=venue,
                    first_seen=now, updated_at=now,
                )  # fmt: skip
                session.add(row)
                session.flush()
                label = LabelAssignment(
                    paper_id=row.id, run_id=runs[method], method=method, authority=1 + (method == "library"),
                    by=method, verdict="cell-no-topic", relevance=1.0, taxonomy_version="1.0", created_at=now,
                )  # fmt: skip
                session.add(label)
                session.flush()
                session.add(LabelCell(assignment_id=label.id, position=0, cell=cell, score=1.0))
                session.add_all(
                    SourceRecord(
                        paper_id=row.id, source=source, source_id=title, digest=source + title, draft="{}",
                        parser_version=1, url="file:x", retrieved_at=now,
                    )
                    for source in sources
                )  # fmt: skip

            for cell in load_taxonomy().cells:
                for number in range(2 if cell == unknown else 10):
                    met = cell != blind and (cell != thin or number < 2 or number > 3)
                    sources = ("library", "acl_anthology") if met else ("library",)
                    venue = "COLM" if cell == blind else "ACL"
                    paper(f"{cell} {number}", cell, "library", venue, *sources)
                for number in range(0 if cell in (blind, thin, unknown) else USUAL):
                    paper(f"{cell} more {number}", cell, "model", "ACL", "acl_anthology")

    return make


def gaps(builder) -> dict[str, str]:
    with builder.read() as session:
        return {gap.cell: gap.kind for gap in take_gaps(session, load_taxonomy())}


def test_a_cell_whose_known_papers_are_not_met_is_a_blind_spot(builder, harvested) -> None:
    harvested(blind="training/data")
    with builder.read() as session:
        (gap,) = take_gaps(session, load_taxonomy())
    assert (gap.cell, gap.kind, gap.n_known, gap.n_met) == ("training/data", "blind", 10, 0)
    assert gap.venues == (("COLM", 10),)
    assert "blind spot of the harvest: 0 of 10 known papers met; not met at COLM (10)" in gap.line()


def test_a_thin_cell_whose_known_papers_are_met_is_thin_in_the_field(builder, harvested) -> None:
    harvested(thin="training/data")
    with builder.read() as session:
        (gap,) = take_gaps(session, load_taxonomy())
    assert (gap.cell, gap.kind, gap.n_harvested) == ("training/data", "thin", 8)
    assert "8 of 10 known papers met" in gap.line()


def test_two_known_papers_tell_nothing(builder, harvested) -> None:
    harvested(unknown="training/data")
    assert gaps(builder) == {"training/data": "unknown"}


def test_without_a_harvest_nothing_is_a_gap(builder) -> None:
    paper = builder.paper("One")
    builder.label(paper, "training/data", method="library")
    builder.record(paper, "library", "one")
    assert gaps(builder) == {}
