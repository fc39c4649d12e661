"""Measures and draws the movement of the real data that docs/movement.md tells of.

    python docs/make_movement.py SOURCE FROM UNTIL [FOLDER]

Reads the store of LANDSCAPE_HOME, changes nothing in it. Prints the largest movements inside one source
with the words that tell papers of before from papers of after, and titles to read; writes into FOLDER
(`docs/screenshots` when not given) the papers by quarter source by source, the share of these topics
through time, what moved, and the slide of it. Needs Debian's chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import func, select

from charts.history import papers_by_quarter
from charts.movement import movement_figure
from charts.trends import trends_figure
from db.engine import open_store
from db.tables import PAPER, chunks
from export.registry import ExportMaterial, export_format
from foundation.settings import load_settings
from landscape.grid import take_snapshot
from landscape.history import take_history
from landscape.layout import slide_layout
from landscape.movement import Movement, PlaceMovement, take_movement
from landscape.movement_words import movement_words
from landscape.placements import Placement, load_placements
from landscape.quarters import quarter_of
from landscape.trends import take_trends
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from sqlmodel import Session

ROOT = Path(__file__).resolve().parents[1]
LARGEST, TITLES = 3, 12
BASE = timedelta(days=730)
WIDTH_PX = 1100
WORDS = {
    "a large language model by name": r"large language model|\bllms?\b|gpt-?[34]|chatgpt|\bllama\b",
    "BERT or RoBERTa": r"\bbert\b|roberta",
    "fine-tuning": r"fine-?tun",
    "few-shot, zero-shot or in context": r"in-context|few-shot|zero-shot",
    "prompts": r"prompt",
    "reasoning": r"reasoning|chain[- ]of[- ]thought",
    "a benchmark": r"benchmark",
    "extraction or entities": r"extraction|entity recognition",
    "classification or detection": r"classif|detection",
    "evaluation": r"evaluat",
}


@dataclass(frozen=True)
class Sides:
    """Papers of before and of after, inside the venues that were compared; texts in lower case."""

    before: tuple[Placement, ...]
    after: tuple[Placement, ...]
    titles: dict[int, tuple[str, str]]
    texts: dict[int, str]

    def named(self, papers: Sequence[Placement], pattern: str) -> float:
        """Share of papers whose title or abstract matches."""
        found = sum(bool(re.search(pattern, self.texts[paper.paper_id])) for paper in papers)
        return found / max(1, len(papers))


def sides(session: Session, movement: Movement, chosen: LandscapeFilter) -> Sides:
    """The papers that the movement compared."""
    compared = {stratum.name for stratum in movement.strata if stratum.compared}
    first, last = movement.before.date(), movement.after.date()
    before, after = [], []
    for each in load_placements(session, load_taxonomy(), filter=chosen).values():
        if each.published is None or each.stratum not in compared or not each.cells:
            continue
        if first - BASE < each.published <= first:
            before.append(each)
        elif first < each.published <= last:
            after.append(each)
    titles: dict[int, tuple[str, str]] = {}
    texts: dict[int, str] = {}
    for piece in chunks([each.paper_id for each in (*before, *after)]):
        for row in session.execute(
            select(PAPER.c.id, PAPER.c.key, PAPER.c.title, PAPER.c.abstract).where(PAPER.c.id.in_(piece))
        ):
            titles[row.id] = (row.key, row.title)
            texts[row.id] = f"{row.title} {row.abstract or ''}".lower()
    return Sides(tuple(before), tuple(after), titles, texts)


def tell(found: Sides, places: Sequence[PlaceMovement]) -> None:
    """Print words and titles of before and after, of all papers and by place."""
    click.echo(f"all: {len(found.before):,} before, {len(found.after):,} after")
    for name, pattern in WORDS.items():
        click.echo(
            f"  {name}: {found.named(found.before, pattern):.0%} -> {found.named(found.after, pattern):.0%}"
        )
    for place in places:
        before = [each for each in found.before if place.id in each.topics]
        after = [each for each in found.after if place.id in each.topics]
        click.echo(f"{place.label}: {place.observed:,} papers where {place.expected:,.0f} were expected")
        click.echo(f"  papers: {len(before):,} before, {len(after):,} after")
        for name, pattern in WORDS.items():
            click.echo(f"  {name}: {found.named(before, pattern):.0%} -> {found.named(after, pattern):.0%}")
        for side, papers in (("before", before), ("after", after)):
            for each in papers[:: max(1, len(papers) // TITLES)][:TITLES]:
                click.echo(f"  {side}: {': '.join(found.titles[each.paper_id])}")


def draw(figure: Figure, path: Path) -> None:
    """Write a figure as a picture, by chromium."""
    height = int(figure.layout.height or 500) + 20
    figure.update_layout(width=WIDTH_PX - 20)
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("chromium is not installed")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "figure.html"
        figure.write_html(page, config={"displayModeBar": False})
        subprocess.run(  # noqa: S603 - our own page
            [
                browser, "--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu",
                f"--user-data-dir={folder}/profile",
                f"--screenshot={path.absolute()}", f"--window-size={WIDTH_PX},{height}", page.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    click.echo(path)


def main() -> None:
    """Measure, print and draw."""
    source, first, last = sys.argv[1], date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3])
    folder = Path(sys.argv[4]) if sys.argv[4:] else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    taxonomy, chosen = load_taxonomy(), LandscapeFilter(sources=(source,))
    store = open_store(load_settings().resolved_database_url)
    with store.read() as session:
        before, after = (datetime.combine(day, time.max, tzinfo=UTC) for day in (first, last))
        movement = take_movement(session, taxonomy, before, after, by="published", filter=chosen)
        click.echo("\n".join(movement_words(movement)))
        moved = [*movement.moved("rising"), *movement.moved("fading")]
        largest = sorted(moved, key=lambda place: -abs(place.observed - place.expected))[:LARGEST]
        tell(sides(session, movement, chosen), largest)
        began = quarter_of(first - BASE)
        counts = select(PAPER.c.source, func.count()).group_by(PAPER.c.source).order_by(func.count().desc())
        sources = [row[0] for row in session.execute(counts)]
        histories = [
            take_history(session, taxonomy, source=name, kind="quarterly", first=began) for name in sources
        ]
        places = [place.id for place in largest]
        trends = take_trends(session, taxonomy, places=places, filter=chosen, first=began)
        snapshot = take_snapshot(session, taxonomy, filter=chosen)
    store.dispose()
    draw(papers_by_quarter(histories), folder / "movement-quarters.png")
    draw(trends_figure(trends.trends), folder / "movement-shares.png")
    draw(movement_figure(movement), folder / "movement-moved.png")
    material = ExportMaterial(
        snapshot=snapshot, layout=slide_layout(taxonomy), taxonomy=taxonomy, deck="moved", movement=movement
    )
    slide = folder / "movement-moved.pptx"
    slide.write_bytes(export_format("pptx").render(material))
    click.echo(slide)


if __name__ == "__main__":
    main()
