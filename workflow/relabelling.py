"""A changed model: what it would move, before anything is stored, and how its run is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from workflow.models import active_classifier

if TYPE_CHECKING:
    from db.engine import Store
    from db.relabelled import Moved
    from foundation.settings import Settings

BATCH_PAPERS = 512
FLOWS_SHOWN = 8


def preview_moves(
    store: Store,
    settings: Settings,
    *,
    everything: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Moved:
    """What the model in force would move, papers that an earlier model labelled alone. Nothing is stored.

    Args:
        store: The open store.
        settings: Which classifier is in force.
        everything: Also papers that this very model has labelled already.
        progress: Called with the number of papers done since the last call.

    Returns:
        What would move.
    """
    from classifier.prediction import PaperText
    from db.labels import papers_to_label
    from db.relabelled import OFF, labels_before, moved_between

    model = active_classifier(settings)
    before: dict[int, str] = {}
    later: dict[int, str] = {}
    after = 0
    while True:
        with store.read() as session:
            batch = papers_to_label(
                session,
                digest=model.digest,
                taxonomy_version=model.taxonomy_version,
                everything=everything,
                after_paper_id=after,
                limit=BATCH_PAPERS,
            )
            numbers = [paper.paper_id for paper in batch]
            held = labels_before(session, numbers, taxonomy_version=model.taxonomy_version)
        if not batch:
            break
        after = batch[-1].paper_id
        before.update(held)
        known = [paper for paper in batch if paper.paper_id in held]
        texts = [PaperText(str(paper.paper_id), paper.title, paper.abstract) for paper in known]
        for paper, said in zip(known, model.predict(texts), strict=True):
            later[paper.paper_id] = said.cells[0].cell if said.cells else OFF
        if progress is not None:
            progress(len(batch))
    with store.read() as session:
        return moved_between(session, before, later, taxonomy_version=model.taxonomy_version)


def take_back_newest_run(store: Store, by: str) -> int:
    """Take the newest run of a model back.

    Args:
        store: The open store.
        by: Who takes it back.

    Returns:
        How many labels were taken back.

    Raises:
        RefusedInputError: No model has labelled this store.
    """
    from db.relabelled import newest_run, take_back_run

    with store.write() as session:
        run = newest_run(session)
        if run is None:
            raise RefusedInputError("no model has labelled this store", hint="Run: landscape classify")
        return take_back_run(session, run, by=by, at=utc_now())


def moved_lines(moved: Moved, *, would: bool) -> list[str]:
    """What a changed model moves, for a terminal.

    Args:
        moved: What moves.
        would: Whether it is a preview.

    Returns:
        Lines; one where nothing is compared or moved.
    """
    if not moved.compared:
        return ["no paper bears a label of an earlier model"]
    share = moved.moved / moved.compared
    verb = "would move" if would else "moved"
    lines = [
        f"{moved.moved} of {moved.compared} papers that an earlier model labelled {verb} ({share:.1%}): "
        f"{moved.onto_chart} onto the chart, {moved.off_chart} off it",
        f"{moved.people_decided} of them were decided by people or the library: these stay as they are",
    ]
    lines += [f"  {papers:6}  {old} → {new}" for old, new, papers in moved.flows[:FLOWS_SHOWN]]
    return lines
