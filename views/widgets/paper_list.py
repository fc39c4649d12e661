"""A page of papers: title, people, venue, the sentence that placed it, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from landscape.layout import SlideLayout
from landscape.types import PaperRow
from taxonomy.models import Taxonomy
from views.widgets.colours import row_variables
from views.widgets.markup import render

PAPERS_A_PAGE = 25
VERDICTS = {
    "labelled": "On the landscape",
    "cell-no-topic": "On the landscape, without a topic",
    "unsure": "On the landscape, its cell in doubt",
    "not-relevant": "Not about pre-trained language models",
}
PLACED_BY = {
    "model": "Placed by the classifier",
    "library": "Placed by the starter library",
    "person": "Placed by a person",
}


def paper_list(
    rows: Sequence[PaperRow],
    taxonomy: Taxonomy,
    layout: SlideLayout,
    *,
    first: int,
    paper_href: Callable[[str], str],
    cell_href: Callable[[str], str],
    topic_href: Callable[[str], str],
) -> str:
    """One page of a list.

    Args:
        rows: The papers.
        taxonomy: Labels of cells and topics.
        layout: Colours of the rows.
        first: Number of the first paper in the whole list, from 1.
        paper_href: Address of a paper's page by paper id.
        cell_href: Address of a cell by id.
        topic_href: Address of a topic by id.

    Returns:
        Escaped HTML.
    """
    hrefs = (paper_href, cell_href, topic_href)
    return render(
        "paper_list.html",
        start=first,
        rows=[_item_values(row, taxonomy, layout, *hrefs) for row in rows],
    )


def paper_item(
    row: PaperRow,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    *,
    number: int,
    paper_href: Callable[[str], str],
    cell_href: Callable[[str], str],
    topic_href: Callable[[str], str],
) -> str:
    """One paper of a list whose rows stand beside widgets.

    Args:
        row: The paper.
        taxonomy: Labels of cells and topics.
        layout: Colours of the rows.
        number: Its number in the list.
        paper_href: Address of a paper's page by paper id.
        cell_href: Address of a cell by id.
        topic_href: Address of a topic by id.

    Returns:
        Escaped HTML.
    """
    values = _item_values(row, taxonomy, layout, paper_href, cell_href, topic_href)
    return render("paper_item.html", row=values, name=number)


def _item_values(
    row: PaperRow,
    taxonomy: Taxonomy,
    layout: SlideLayout,
    paper_href: Callable[[str], str],
    cell_href: Callable[[str], str],
    topic_href: Callable[[str], str],
) -> dict[str, Any]:
    return {
        "title": row.title,
        "url": row.url,
        "href": paper_href(row.id),
        "authors": row.authors,
        "venue": row.venue,
        "year": row.year,
        "evidence": row.evidence,
        "method": row.method or "none",
        "placed": placed(row),
        "score": row.score,
        "places": places(row.cells, row.topics, taxonomy, layout, cell_href, topic_href),
    }


def placed(row: PaperRow) -> str:
    """Who said what of a paper, in a few words."""
    if row.method is None or row.verdict is None:
        return "Not classified yet"
    if row.verdict == "not-relevant":
        return VERDICTS[row.verdict]
    return PLACED_BY.get(row.method, row.method) + (", in doubt" if row.verdict == "unsure" else "")


def places(
    cells: Sequence[str],
    topics: Sequence[str],
    taxonomy: Taxonomy,
    layout: SlideLayout,
    cell_href: Callable[[str], str],
    topic_href: Callable[[str], str],
) -> list[dict[str, Any]]:
    """Where a paper stands: its topics as chips, and the cells that have none of them.

    Args:
        cells: Cell ids, best first.
        topics: Topic ids, best first.
        taxonomy: Labels.
        layout: Colours of the rows.
        cell_href: Address of a cell by id.
        topic_href: Address of a topic by id.

    Returns:
        What the templates show: kind, label, address and colours.
    """
    known = [topic for topic in topics if topic in taxonomy.topic_by_id]
    covered = {taxonomy.topic_by_id[topic].cell for topic in known}
    found = [
        {
            "kind": "topic",
            "label": taxonomy.topic_by_id[topic].label,
            "title": taxonomy.cell_label(taxonomy.topic_by_id[topic].cell),
            "href": topic_href(topic),
            "colours": row_variables(layout.row(topic.partition("/")[0]).style),
        }
        for topic in known
    ]
    for cell in cells:
        if cell in taxonomy.cells and cell not in covered:
            found.append(
                {
                    "kind": "cell",
                    "label": taxonomy.cell_label(cell),
                    "title": "Cell",
                    "href": cell_href(cell),
                    "colours": row_variables(layout.row(cell.partition("/")[0]).style),
                }
            )
    return found


def n_pages(total: int) -> int:
    """Pages that a list of `total` papers fills; at least one."""
    return max(1, ceil(total / PAPERS_A_PAGE))


def page_links(current: int, total: int, href: Callable[[int], str]) -> str:
    """Links to the pages of a list.

    Args:
        current: Page shown, from 1.
        total: Papers in the whole list.
        href: Address of a page by number.

    Returns:
        Escaped HTML; empty for a list of one page.
    """
    last = n_pages(total)
    if last == 1:
        return ""
    return render(
        "pages.html",
        name="Pages of the list",
        current=current,
        previous=href(current - 1) if current > 1 else None,
        following=href(current + 1) if current < last else None,
        pages=[None if n is None else {"number": n, "href": href(n)} for n in page_numbers(current, last)],
    )


def page_numbers(current: int, last: int) -> list[int | None]:
    """Pages worth a link: first, last and those around the current one; None for a gap.

    Args:
        current: From 1.
        last: From 1.

    Returns:
        Numbers in order, `None` where pages are left out.
    """
    wanted = [n for n in range(1, last + 1) if n in (1, last) or abs(n - current) <= 1]
    found: list[int | None] = []
    for n in wanted:
        before = found[-1] if found else 0
        if before is not None and n - before == 2:
            found.append(n - 1)  # a gap of one page is no shorter than its link
        elif before is not None and n - before > 2:
            found.append(None)
        found.append(n)
    return found
