"""Papers made to stand for the works that their records show: joined, parted, computed anew.

Everything hangs on records: which paper a record stands under is the only thing that is moved, and what a
paper says is computed from the records under it. So to part two papers again is to move records back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from db.tables import AUTHORSHIP, EXTERNAL_ID, LABEL, PAPER, PAPER_LINK, SOURCE_RECORD, chunks
from db.units import Unit
from db.works import WorkWriter
from papers.grouping import Pair
from papers.matching import RULE_VERSION, MatchVerdict

PARTED = "its records no longer show that they are one work"


@dataclass(frozen=True)
class Regrouped:
    """What moved.

    Attributes:
        joined: Papers that became part of others.
        parted: Papers that stand alone again.
    """

    joined: int = 0
    parted: int = 0

    def __add__(self, other: Regrouped) -> Regrouped:
        """Both together."""
        return Regrouped(self.joined + other.joined, self.parted + other.parted)


@dataclass(frozen=True)
class _Before:
    """A paper's row before anything moved."""

    key: str
    first_seen: datetime
    text_revision: int
    labels: tuple[int, ...]


class Regrouping:
    """Moves records between papers until each group of units stands under one.

    Args:
        connection: Inside a write transaction.
        at: The present moment.
        said: Row id of a person's decision that is being carried out, if one is.
    """

    def __init__(self, connection: Connection, *, at: datetime, said: int | None = None) -> None:
        self._connection = connection
        self._at = at
        self._said = said

    def carry_out(
        self, units: Mapping[int, Unit], groups: Sequence[frozenset[int]], edges: Mapping[Pair, MatchVerdict]
    ) -> Regrouped:
        """Make papers of groups.

        Args:
            units: Units by number; with a unit of a paper, all its units.
            groups: Which of them are one work.
            edges: Why, by pair of units.

        Returns:
            What moved.
        """
        papers = sorted({unit.paper_id for unit in units.values()})
        current = {
            frozenset(number for number, unit in units.items() if unit.paper_id == paper) for paper in papers
        }
        moving = [group for group in groups if group not in current]
        if not moving:
            return Regrouped()
        involved = sorted({units[number].paper_id for group in moving for number in group})
        before = self._before(involved)
        kept, made = self._rows(units, moving, before)
        rows = {**kept, **made}
        target = {number: rows[group] for group in moving for number in group}
        vanishing = [paper for paper in involved if paper not in kept.values()]
        # Keys are unique, and two papers may be about to swap theirs.
        for paper in involved:
            self._connection.execute(update(PAPER).where(PAPER.c.id == paper).values(key=f"moving:{paper}"))
        heirs = {
            paper: target[min(n for n, unit in units.items() if unit.paper_id == paper)]
            for paper in vanishing
        }
        self._move_labels(units, target, before, heirs)
        self._move_records(units, target, heirs)
        self._note_joins(units, moving, before, heirs, edges)
        for paper in vanishing:
            self._connection.execute(delete(AUTHORSHIP).where(AUTHORSHIP.c.paper_id == paper))
            self._connection.execute(delete(PAPER).where(PAPER.c.id == paper))
        self._age(heirs, before)
        WorkWriter(self._connection, at=self._at).renew(sorted(rows.values()))
        self._note_partings(units, made)
        return Regrouped(joined=len(vanishing), parted=len(made))

    def _before(self, papers: Sequence[int]) -> dict[int, _Before]:
        labels: dict[int, list[int]] = defaultdict(list)
        found: dict[int, _Before] = {}
        for piece in chunks(papers):
            for label, paper in self._connection.execute(
                select(LABEL.c.id, LABEL.c.paper_id).where(LABEL.c.paper_id.in_(piece)).order_by(LABEL.c.id)
            ):
                labels[paper].append(label)
            for paper, key, first_seen, revision in self._connection.execute(
                select(PAPER.c.id, PAPER.c.key, PAPER.c.first_seen, PAPER.c.text_revision).where(
                    PAPER.c.id.in_(piece)
                )
            ):
                found[paper] = _Before(key, first_seen, revision, tuple(labels[paper]))
        return found

    def _rows(
        self, units: Mapping[int, Unit], groups: Sequence[frozenset[int]], before: Mapping[int, _Before]
    ) -> tuple[dict[frozenset[int], int], dict[frozenset[int], int]]:
        """The rows under which groups will stand: those that stay, and those made for this."""
        kept: dict[frozenset[int], int] = {}
        made: dict[frozenset[int], int] = {}
        # A group that was once made part of a paper leaves its row to the others.
        restored = {group: self._once(units, group) for group in groups}
        for group in sorted(groups, key=lambda group: (restored[group] is not None, min(group))):
            free = sorted({units[number].paper_id for number in group} - set(kept.values()))
            if free:
                kept[group] = free[0]
        for group in groups:
            if group in kept:
                continue
            origin = before[units[min(group)].paper_id]
            once = restored[group]
            values: dict[str, Any] = {
                "key": f"made:{min(group)}", "title": "", "title_key": "", "authors_text": "", "source": "",
                "text_revision": origin.text_revision + 1, "first_seen": origin.first_seen,
                "updated_at": self._at,
            }  # fmt: skip
            if once is not None:
                values["first_seen"] = once[1]
                if self._connection.scalar(select(PAPER.c.id).where(PAPER.c.id == once[0])) is None:
                    values["id"] = once[0]
            made[group] = self._connection.execute(
                insert(PAPER).values(values).returning(PAPER.c.id)
            ).scalar_one()
        return kept, made

    def _once(self, units: Mapping[int, Unit], group: frozenset[int]) -> tuple[int, datetime] | None:
        """The row and first day of a paper that became part of another and held just these units."""
        rows = self._links({name for number in group for name in units[number].ids})
        found = [row for row in rows if row.paper_id is not None]
        return (found[-1].paper_id, found[-1].first_seen) if found else None

    def _links(self, names: set[str]) -> list[Any]:
        rows = [
            row
            for piece in chunks(sorted(names))
            for row in self._connection.execute(select(PAPER_LINK).where(PAPER_LINK.c.b_key.in_(piece)))
        ]
        return sorted(rows, key=lambda row: row.id)

    def _move_records(
        self, units: Mapping[int, Unit], target: Mapping[int, int], heirs: Mapping[int, int]
    ) -> None:
        for paper, heir in heirs.items():
            # Names that an older draft gave and no record repeats stay with the rest.
            self._connection.execute(
                update(EXTERNAL_ID).where(EXTERNAL_ID.c.paper_id == paper).values(paper_id=heir)
            )
        for number, row in target.items():
            unit = units[number]
            for records in chunks(sorted(unit.records)):
                self._connection.execute(
                    update(SOURCE_RECORD).where(SOURCE_RECORD.c.id.in_(records)).values(paper_id=row)
                )
            for names in chunks(sorted(unit.ids)):
                pairs = [name.split(":", 1) for name in names]
                self._connection.execute(
                    update(EXTERNAL_ID)
                    .where(tuple_(EXTERNAL_ID.c.scheme, EXTERNAL_ID.c.value).in_(pairs))
                    .values(paper_id=row)
                )

    def _move_labels(
        self,
        units: Mapping[int, Unit],
        target: Mapping[int, int],
        before: Mapping[int, _Before],
        heirs: Mapping[int, int],
    ) -> None:
        """Labels go where their paper goes; those that once came along go back."""
        unit_of = {name: number for number, unit in units.items() for name in unit.ids}
        home: dict[int, int] = {}
        for row in self._links(set(unit_of)):
            for label in row.labels:
                home.setdefault(label, unit_of[row.b_key])
        for paper, state in before.items():
            for label in state.labels:
                owner = home.get(label)
                stays = owner is None or units[owner].paper_id != paper
                row = heirs.get(paper, paper) if stays else target.get(owner or 0, paper)
                if row != paper:
                    self._connection.execute(update(LABEL).where(LABEL.c.id == label).values(paper_id=row))

    def _note_joins(
        self,
        units: Mapping[int, Unit],
        groups: Sequence[frozenset[int]],
        before: Mapping[int, _Before],
        heirs: Mapping[int, int],
        edges: Mapping[Pair, MatchVerdict],
    ) -> None:
        for paper, heir in heirs.items():
            own = {number for number, unit in units.items() if unit.paper_id == paper}
            whole = next(group for group in groups if own & group)
            grounds = [
                found
                for (a, b), found in edges.items()
                if {a, b} <= whole and (a in own) != (b in own)
            ]  # fmt: skip
            ground = max(
                grounds, key=lambda found: (found.one_title, found.score, found.reason), default=None
            )
            state = before[paper]
            moved = {"paper_id": paper, "first_seen": state.first_seen, "labels": list(state.labels)}
            if self._said is not None and ground is None:
                self._connection.execute(
                    update(PAPER_LINK)
                    .where(PAPER_LINK.c.id == self._said)
                    .values(moved | {"a_key": self._key(before, heir), "b_key": state.key})
                )
                continue
            self._note(
                self._key(before, heir),
                state.key,
                "same",
                ground.reason if ground else "joined with others that are one work",
                score=ground.score if ground else 0.0,
                **moved,
            )

    def _key(self, before: Mapping[int, _Before], paper: int) -> str:
        return before[paper].key if paper in before else str(paper)

    def _note_partings(self, units: Mapping[int, Unit], made: Mapping[frozenset[int], int]) -> None:
        if self._said is not None:
            return  # the person's own row says it
        for group in made:
            own = units[min(group)]
            rest = [
                unit
                for number, unit in units.items()
                if unit.paper_id == own.paper_id and number not in group
            ]
            if rest:
                self._note(rest[0].key, own.key, "different", PARTED)

    def _note(self, a_key: str, b_key: str, decision: str, reason: str, **values: Any) -> None:
        row = {"score": 0.0, "labels": [], **values}
        self._connection.execute(
            insert(PAPER_LINK).values(
                a_key=a_key, b_key=b_key, decision=decision, method="rule", by=f"rule {RULE_VERSION}",
                reason=reason, at=self._at, **row,
            )
        )  # fmt: skip

    def _age(self, heirs: Mapping[int, int], before: Mapping[int, _Before]) -> None:
        """A joined work is as old as its oldest part; what models said, they said of other texts."""
        parts: dict[int, list[_Before]] = defaultdict(list)
        for paper, heir in heirs.items():
            parts[heir].append(before[paper])
        for heir, others in parts.items():
            states = [*others, *([before[heir]] if heir in before else [])]
            self._connection.execute(
                update(PAPER)
                .where(PAPER.c.id == heir)
                .values(
                    text_revision=max(state.text_revision for state in states) + 1,
                    first_seen=min(state.first_seen for state in states),
                    updated_at=self._at,
                )
            )
