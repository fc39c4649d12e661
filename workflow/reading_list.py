"""Brings a Markdown reading list into the store and places its papers by their headings.

Placements are curated labels (method `library`) in the list's name: they rank as a person's, are
shown as such, and never count as accuracy.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from foundation.clock import utc_now
from foundation.errors import RefusedInputError, StoreError
from harvester.reading_list import ListedPaper, ReadingList, parse_reading_list
from papers.draft import PaperDraft
from papers.ids import best_key, external_id_url
from papers.merging import LIST_SOURCE
from papers.record import ParsedPage, ParsedRecord, WireRecord
from taxonomy.loader import load_taxonomy, read_yaml
from taxonomy.models import CellId, Taxonomy, TopicId
from workflow.reports import IngestReport, RejectLine

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from db.engine import Store
    from db.labels import NewLabel

PATTERN_LIMIT_CHARACTERS = 300
SHOWN_REJECTS = 50


class HeadingRule(BaseModel):
    """One row of a mapping file.

    Attributes:
        heading: Regular expression, searched in a heading whatever its case.
        cell: Cell of the papers under it.
        topic: Topic of the papers under it, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heading: str
    cell: CellId
    topic: TopicId | None = None

    @model_validator(mode="after")
    def _sound(self) -> HeadingRule:
        if not self.heading.strip() or len(self.heading) > PATTERN_LIMIT_CHARACTERS:
            raise ValueError(f"a heading pattern has 1 to {PATTERN_LIMIT_CHARACTERS} characters")
        try:
            re.compile(self.heading)
        except re.error as error:
            raise ValueError(f"{self.heading!r} is no regular expression: {error}") from error
        if self.topic is not None and self.topic.rpartition("/")[0] != self.cell:
            raise ValueError(f"topic {self.topic} hangs not in cell {self.cell}")
        return self


_RULES = TypeAdapter(tuple[HeadingRule, ...])


@dataclass(frozen=True)
class ListReport:
    """What became of a reading list.

    Attributes:
        ingest: The same counts as for any import.
        placed: Papers placed on the grid.
        unplaced: Papers under headings that no rule matches, by heading, most first.
    """

    ingest: IngestReport
    placed: int
    unplaced: tuple[tuple[str, int], ...]


def read_rules(path: Path, taxonomy: Taxonomy) -> tuple[HeadingRule, ...]:
    """Read a mapping file.

    Args:
        path: YAML list of `{heading, cell, topic}`.
        taxonomy: The grid in force; retired topics are followed.

    Returns:
        Rules in the order of the file.

    Raises:
        RefusedInputError: A row does not fit, or names a cell or topic that does not exist.
    """
    try:
        rules = _RULES.validate_python(tuple(read_yaml(path) or ()))
    except (ValidationError, TypeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        raise RefusedInputError(
            f"the mapping file is not valid: {reason}",
            hint="It is a YAML list of {heading, cell, topic}.",
            path=path,
            row=".".join(str(part) for part in where),
        ) from error
    for rule in rules:
        if rule.cell not in taxonomy.cells:
            raise RefusedInputError("the mapping names no cell of the grid", path=path, cell=rule.cell)
        if rule.topic is not None and taxonomy.resolve_topic(rule.topic) is None:
            raise RefusedInputError("the mapping names no topic of the grid", path=path, topic=rule.topic)
    return rules


def rule_for(paper: ListedPaper, rules: tuple[HeadingRule, ...]) -> HeadingRule | None:
    """The rule that places a paper: of its innermost heading that any rule matches, the first."""
    for heading in reversed(paper.headings):
        for rule in rules:
            if re.search(rule.heading, heading, re.IGNORECASE):
                return rule
    return None


def import_reading_list(store: Store, list_path: Path, map_path: Path) -> ListReport:
    """Store a reading list's papers and place them. The same list again changes nothing.

    Args:
        store: The open store.
        list_path: Markdown.
        map_path: YAML rules from headings to the grid.

    Returns:
        Counts, and the headings that no rule matches.

    Raises:
        RefusedInputError: A file cannot be read.
    """
    from db.labels import add_labels, begin_classifier_run, finish_classifier_run, has_classifier_run
    from db.links import store_and_link

    taxonomy = load_taxonomy()
    rules = read_rules(map_path, taxonomy)
    listed = _read(list_path)
    at = utc_now()
    by = f"list {list_path.name}"
    records = [_record(paper, list_path.name, at) for paper in _once(listed)]
    digest = hashlib.sha256(
        b"\0".join([list_path.read_bytes(), map_path.read_bytes(), taxonomy.version.encode()])
    ).hexdigest()
    unplaced: Counter[str] = Counter()
    with store.write() as session:
        stored = store_and_link(session, ParsedPage(tuple(record for _, record in records)), at=at)
        labels = []
        for paper, record in records:
            rule = rule_for(paper, rules)
            if rule is None:
                unplaced[" › ".join(paper.headings) or "(no heading)"] += 1
            else:
                labels.append(_label(session, record, rule, taxonomy, paper, by))
        version = taxonomy.version
        if labels and not has_classifier_run(
            session, method="library", digest=digest, taxonomy_version=version
        ):
            run = begin_classifier_run(
                session, method="library", name=by, digest=digest, taxonomy_version=version, at=at
            )
            add_labels(session, run, labels, taxonomy_version=version, at=at)
            finish_classifier_run(session, run, at=at, papers=len(labels))
    rejects = tuple(
        RejectLine(f"line {line.line}", line.reason, "text", line.text[:120]) for line in listed.unread
    )
    ingest = IngestReport(
        name=list_path.name,
        state="complete",
        fetched=len(records) + len(rejects),
        new=stored.new,
        updated=stored.updated,
        unchanged=stored.unchanged,
        rejected=len(rejects),
        linked=stored.linked,
        rejects=rejects[:SHOWN_REJECTS],
    )
    return ListReport(ingest, len(labels), tuple(unplaced.most_common()))


def _read(path: Path) -> ReadingList:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedInputError(
            f"the list cannot be read: {error}", hint="Save it as UTF-8.", path=path
        ) from error
    listed = parse_reading_list(text)
    if not listed.papers:
        raise RefusedInputError(
            "the list holds no paper",
            hint="Papers are lines with a link to arXiv, the Anthology, DOI …",
            path=path,
        )
    return listed


def _once(listed: ReadingList) -> list[ListedPaper]:
    """Each paper once; where a list names one under several headings, the first place counts."""
    first: dict[str, ListedPaper] = {}
    for paper in listed.papers:
        first.setdefault(best_key(paper.ids), paper)
    return list(first.values())


def _record(paper: ListedPaper, list_name: str, at: datetime) -> tuple[ListedPaper, ParsedRecord]:
    key = best_key(paper.ids)
    scheme, _, value = key.partition(":")
    draft = PaperDraft(
        source=LIST_SOURCE,
        source_id=key,
        title=paper.title,
        external_ids=paper.ids,
        url=external_id_url(scheme, value),
    )
    payload = json.dumps(
        {"title": paper.title, "ids": sorted(each.key for each in paper.ids)}, ensure_ascii=False
    )
    wire = WireRecord(LIST_SOURCE, key, f"file:{list_name}", at, "text/markdown", payload.encode("utf-8"))
    return paper, ParsedRecord(draft, wire)


def _label(
    session: Session, record: ParsedRecord, rule: HeadingRule, taxonomy: Taxonomy, paper: ListedPaper, by: str
) -> NewLabel:
    from db.labels import NewLabel
    from db.papers import find_paper

    row = find_paper(session, record.draft.source_id)
    if row is None or row.id is None:
        raise StoreError("a paper of the list was not stored", paper=record.draft.source_id)
    topic = None if rule.topic is None else taxonomy.resolve_topic(rule.topic)
    cell = rule.cell if topic is None else topic.rpartition("/")[0]
    return NewLabel(
        paper_id=row.id,
        verdict="cell-no-topic" if topic is None else "labelled",
        relevance=1.0,
        cells=((cell, 1.0),),
        topics=() if topic is None else ((topic, 1.0),),
        method="library",
        by=by,
        note=f"Under “{' › '.join(paper.headings)}” in {by.removeprefix('list ')}.",
    )
