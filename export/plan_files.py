"""A plan as a file, by the ending of its name."""

from __future__ import annotations

from datetime import UTC, datetime

from export.plan_json import chip_links, plan_json
from export.plan_markdown import plan_markdown
from foundation.errors import RefusedInputError
from landscape.adaptation import EvidencedPlan

MEDIA_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# A plan has no date of its own: the same answers and store give the same bytes.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


def plan_file(evidenced: EvidencedPlan, suffix: str) -> bytes:
    """Write a plan.

    Args:
        evidenced: The plan, with or without papers.
        suffix: .md, .json or .pptx.

    Returns:
        The file's bytes; the same plan gives the same bytes.

    Raises:
        RefusedInputError: There is no such form.
    """
    if suffix == ".md":
        return plan_markdown(evidenced)
    if suffix == ".json":
        return plan_json(evidenced)
    if suffix == ".pptx":
        from export.phase_slide import phase_deck

        return phase_deck(as_of=UNDATED, plan=evidenced.plan, links=chip_links(evidenced))
    raise RefusedInputError("a plan is written as .md, .json or .pptx", suffix=suffix)
