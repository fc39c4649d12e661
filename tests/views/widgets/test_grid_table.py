"""The grid as a table: semantics, order, and labels that try to be markup."""

from __future__ import annotations

from datetime import UTC, datetime

from lxml import html as parser

from landscape.layout import slide_layout
from landscape.types import GridCell, LandscapeSnapshot, TopicCount
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.widgets.grid_table import grid_table

BAD = '"><img src=x onerror=alert(1)> $x$ <b>'


def _table(taxonomy: Taxonomy, selected: str | None = None) -> parser.HtmlElement:
    cells = []
    for cell in taxonomy.cells:
        row, _, column = cell.partition("/")
        topics = tuple(TopicCount(t.id, t.label, 3, 0.1, 1.5) for t in taxonomy.topics_by_cell[cell])
        cells.append(GridCell(cell, row, column, 1234, 9, 1, 0.5, None, topics))
    snapshot = LandscapeSnapshot(
        as_of=datetime(2026, 11, 21, tzinfo=UTC), taxonomy_version="1.0", title="T", classifier=None,
        papers=9, classified=9, relevant=9, unsure=0, not_relevant=0, by_source=(), by_year=(),
        cells=tuple(cells),
    )  # fmt: skip
    return parser.fromstring(
        grid_table(
            snapshot,
            taxonomy,
            slide_layout(taxonomy),
            cell_href=lambda cell: f"?cell={cell}",
            topic_href=lambda topic: f"?topic={topic}",
            selected=selected,
        )
    )


def test_rows_columns_and_headers_are_real() -> None:
    taxonomy = load_taxonomy()
    table = _table(taxonomy)
    assert [th.text for th in table.xpath("./thead/tr/th[@scope='col']")] == [
        component.label for component in taxonomy.components
    ]
    rows = table.xpath("./tbody/tr")
    assert [row.xpath("./th[@scope='row']")[0].text for row in rows] == [p.label for p in taxonomy.pipelines]
    assert [len(row.xpath("./td")) for row in rows] == [6, 6, 6]


def test_tab_order_runs_row_by_row_and_every_link_has_an_address_and_a_name() -> None:
    taxonomy = load_taxonomy()
    links = list(_table(taxonomy).iter("a"))
    expected = []
    for cell in taxonomy.cells:
        expected += [f"?cell={cell}", *(f"?topic={topic.id}" for topic in taxonomy.topics_by_cell[cell])]
    assert [link.get("href") for link in links] == expected
    assert not any(link.get("tabindex") for link in links)
    names = [link.get("aria-label") for link in links]
    assert names[0] == "Training Pipeline × Data, 1,234 papers"
    assert names[1] == "Self-generation, 3 papers"
    assert len(set(names)) == 18 + 44


def test_selection_is_marked_for_every_reader() -> None:
    marked = [
        a.get("href")
        for a in _table(load_taxonomy(), "inference/context/rag").iter("a")
        if a.get("aria-current")
    ]
    assert marked == ["?topic=inference/context/rag"]


def test_labels_stay_text() -> None:
    data = load_taxonomy().model_dump(by_alias=True)
    for part in ("topics", "pipelines", "components"):
        data[part] = [{**entry, "label": BAD} for entry in data[part]]
    hostile = Taxonomy.model_validate(data)
    table = _table(hostile)
    assert not table.xpath("//img | //b")
    assert {th.text for th in table.xpath("./thead/tr/th")} == {BAD}
    assert table.xpath("//a[@class='ls-chip']")[0].get("aria-label") == f"{BAD}, 3 papers"
