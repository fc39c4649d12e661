"""What a cell or a topic is, in a few sentences, from the project's own pages or the taxonomy's notes."""

from __future__ import annotations

from landscape.prose import read_prose
from taxonomy.models import Taxonomy
from taxonomy.pages import HEADINGS, load_pages


def place_label(taxonomy: Taxonomy, place: str) -> str:
    """Label of a topic, or row and column of a cell."""
    topic = taxonomy.topic_by_id.get(place)
    return topic.label if topic else taxonomy.cell_label(place)


def definition(taxonomy: Taxonomy, place: str) -> str:
    """What a place holds.

    Args:
        taxonomy: The grid.
        place: Cell or topic id.

    Returns:
        Plain text. The page's first section where there is a page of that label, else the
        topic's scope note, else the notes of row and column.
    """
    page = load_pages().get(place)
    if page is not None and page.front.title == place_label(taxonomy, place):
        sections = dict(page.sections)
        blocks = read_prose(sections[HEADINGS[0]])
        return " ".join("".join(run.text for run in item) for block in blocks for item in block.items)
    topic = taxonomy.topic_by_id.get(place)
    if topic is not None:
        return topic.scope_note
    row, _, column = place.partition("/")
    notes = [each.scope_note for each in taxonomy.pipelines if each.id == row]
    notes += [each.scope_note for each in taxonomy.components if each.id == column]
    return " ".join(notes)
