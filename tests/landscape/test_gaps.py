from __future__ import annotations

import pytest

from landscape.gaps import take_gaps
from taxonomy.loader import load_taxonomy

USUAL = 40


@pytest.fixture
def harvested(builder):
    """A library of ten papers a cell, all met by a harvest but in the cells that a test names."""

    def make(*, blind: str | None = None, thin: str | None = None, unknown: str | None = None) -> None:
        library, model = builder.run("library"), builder.run()
        for cell in load_taxonomy().cells:
            for number in range(2 if cell == unknown else 10):
                paper = builder.paper(f"{cell} {number}", venue="COLM" if cell == blind else "ACL")
                builder.label(paper, cell, method="library", run_id=library)
                builder.record(paper, "library", f"{cell} {number}")
                if (cell != blind and cell != thin) or (cell == thin and number < 8):
                    builder.record(paper, "acl_anthology", f"{cell} {number}")
            for number in range(0 if cell in (blind, thin, unknown) else USUAL):
                paper = builder.paper(f"{cell} more {number}")
                builder.label(paper, cell, run_id=model)
                builder.record(paper, "acl_anthology", f"{cell} more {number}")

    return make


def gaps(builder) -> dict[str, str]:
    with builder.read() as session:
        return {gap.cell: gap.kind for gap in take_gaps(session, load_taxonomy())}


def test_a_cell_whose_known_papers_are_not_met_is_a_blind_spot(builder, harvested) -> None:
    harvested(blind="training/data")
    assert gaps(builder) == {"training/data": "blind"}
    with builder.read() as session:
        (gap,) = take_gaps(session, load_taxonomy())
    assert (gap.n_known, gap.n_met, gap.venues) == (10, 0, (("COLM", 10),))
    assert "blind spot of the harvest: 0 of 10 known papers met; not met at COLM (10)" in gap.line()


def test_a_thin_cell_whose_known_papers_are_met_is_thin_in_the_field(builder, harvested) -> None:
    harvested(thin="training/data")
    with builder.read() as session:
        (gap,) = take_gaps(session, load_taxonomy())
    assert (gap.cell, gap.kind) == ("training/data", "thin")
    assert "8 of 10 known papers met" in gap.line()


def test_two_known_papers_tell_nothing(builder, harvested) -> None:
    harvested(unknown="training/data")
    assert gaps(builder) == {"training/data": "unknown"}


def test_without_a_harvest_nothing_is_a_gap(builder) -> None:
    paper = builder.paper("One")
    builder.label(paper, "training/data", method="library")
    builder.record(paper, "library", "one")
    assert gaps(builder) == {}
