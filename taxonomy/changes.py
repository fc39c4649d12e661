"""Changes between two versions of the grid: proposed, compared, applied.

A change is reviewable before it holds: it is data first, lines to read second, and only then a
new version, in which every retired id is redirected to its successor so that labels, links and
feeds of older versions keep working.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from foundation.errors import TaxonomyError
from taxonomy.loader import check_taxonomy
from taxonomy.models import Redirect, Taxonomy, Topic

ChangeKind = Literal["added", "renamed", "moved", "renamed and moved", "retired", "described"]
_SLUG_PART = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class TopicChange:
    """One topic that differs.

    Attributes:
        kind: What happened.
        before: Its id before, or None for an added one.
        after: Its id after, or None for a retired one.
        label_before: Label before, or "".
        label_after: Label after, or "".
        cell_before: Cell before, or "".
        cell_after: Cell after, or "".
    """

    kind: ChangeKind
    before: str | None
    after: str | None
    label_before: str = ""
    label_after: str = ""
    cell_before: str = ""
    cell_after: str = ""

    @property
    def line(self) -> str:
        """The change on one line, as a diff shows it."""
        if self.kind == "added":
            return f"+ {self.label_after} in {self.cell_after} ({self.after})"
        if self.kind == "retired":
            return f"- {self.label_before} from {self.cell_before} ({self.before}), without a successor"
        parts = []
        if self.label_before != self.label_after:
            parts.append(f"“{self.label_before}” becomes “{self.label_after}”")
        if self.cell_before != self.cell_after:
            parts.append(f"{self.cell_before} becomes {self.cell_after}")
        if self.kind == "described":
            parts.append("its description differs")
        redirect = f"; {self.before} leads to {self.after}" if self.before != self.after else ""
        return f"~ {self.label_after}: {', '.join(parts)}{redirect}"


def topic_slug(label: str) -> str:
    """The last part of a topic's id.

    Args:
        label: As shown.

    Returns:
        Lower-case ASCII words with hyphens; for a label without such words a name made from it.
    """
    folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode("ascii").lower()
    slug = _SLUG_PART.sub("-", folded).strip("-")
    return slug or "topic-" + hashlib.sha256(label.encode("utf-8", "replace")).hexdigest()[:8]


def next_version(version: str) -> str:
    """The version after one: `1.0`, then `1.1`."""
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}"


def compare(before: Taxonomy, after: Taxonomy) -> tuple[TopicChange, ...]:
    """What differs between two versions.

    Args:
        before: The earlier one.
        after: The later one, with its redirects.

    Returns:
        Changes in the order of the earlier grid, then what was added.
    """
    changes = []
    succeeded = set()
    for topic in before.topics:
        found = after.resolve_topic(topic.id)
        if found is None:
            changes.append(
                TopicChange("retired", topic.id, None, label_before=topic.label, cell_before=topic.cell)
            )
            continue
        succeeded.add(found)
        new = after.topic_by_id[found]
        renamed, moved = topic.label != new.label, topic.cell != new.cell
        if renamed or moved or topic.scope_note != new.scope_note or topic.id != new.id:
            kind: ChangeKind = (
                "renamed and moved"
                if renamed and moved
                else "renamed"
                if renamed
                else "moved"
                if moved
                else "described"
            )
            changes.append(TopicChange(kind, topic.id, new.id, topic.label, new.label, topic.cell, new.cell))
    changes += [
        TopicChange("added", None, topic.id, label_after=topic.label, cell_after=topic.cell)
        for topic in after.topics
        if topic.id not in succeeded
    ]
    return tuple(changes)


def apply_changes(
    taxonomy: Taxonomy, changes: Sequence[TopicChange], *, today: date, reason: str
) -> Taxonomy:
    """The next version of a grid.

    Args:
        taxonomy: The grid in force.
        changes: What is to differ.
        today: Day of publication of the new version.
        reason: Why, for the redirects.

    Returns:
        The new version, checked; renamed and moved topics keep their notes and phrases and gain
        their old label as another name, retired ids are redirected.

    Raises:
        TaxonomyError: Two topics would bear one id, or the grid would contradict itself.
    """
    version = next_version(taxonomy.version)
    by_id = {change.before: change for change in changes if change.before is not None}
    successor = {
        topic.id: (by_id[topic.id].after if topic.id in by_id else topic.id) for topic in taxonomy.topics
    }
    topics: list[Topic] = []
    for topic in taxonomy.topics:
        change = by_id.get(topic.id)
        if change is None:
            topics.append(_with_exclusions(topic, topic.id, successor))
        elif change.after is not None:
            changed = topic.model_copy(update={"label": change.label_after})
            if change.label_before != change.label_after and change.label_before not in topic.alt_labels:
                changed = changed.model_copy(update={"alt_labels": (*topic.alt_labels, change.label_before)})
            topics.append(_with_exclusions(changed, change.after, successor))
    topics += [
        Topic(
            id=change.after,
            label=change.label_after,
            scope_note=f"Papers on {change.label_after}.",
            seed_phrases=(change.label_after,),
        )
        for change in changes
        if change.kind == "added" and change.after is not None
    ]
    in_force = {topic.id for topic in topics}
    redirects = [redirect for redirect in taxonomy.redirects if redirect.from_id not in in_force]
    for change in changes:
        if change.before is not None and change.before != change.after:
            redirects.append(
                Redirect.model_validate(
                    {"from": change.before, "to": change.after, "since": version, "reason": reason}
                )
            )
    order = {cell: index for index, cell in enumerate(taxonomy.cells)}
    topics.sort(key=lambda topic: order.get(topic.cell, len(order)))  # stable: the order inside a cell stays
    new = taxonomy.model_copy(
        update={
            "version": version,
            "published": today,
            "topics": tuple(topics),
            "redirects": tuple(redirects),
        }
    )
    # model_copy checks nothing and keeps what was worked out from the old topics: read it afresh.
    fresh = Taxonomy.model_validate(new.model_dump(mode="json", by_alias=True))
    check_taxonomy(fresh)
    return fresh


def with_topics(taxonomy: Taxonomy, topics: Sequence[Topic], *, today: date) -> Taxonomy:
    """The next version of a grid, with further topics at the end of their cells.

    Args:
        taxonomy: The grid in force.
        topics: New topics with their notes and phrases.
        today: Day of publication of the new version.

    Returns:
        The new version, checked.

    Raises:
        TaxonomyError: No topic is given, an id is taken or was in use once, or a cell does not exist.
    """
    if not topics:
        raise TaxonomyError("a new version needs a change", hint="Name at least one topic.")
    require_free([topic.id for topic in (*taxonomy.topics, *topics)])
    retired = {redirect.from_id for redirect in taxonomy.redirects}
    for topic in topics:
        if topic.id in retired:  # its labels lead elsewhere for ever
            raise TaxonomyError(
                "that topic id was in use once and leads to its successor",
                hint="Choose another name.",
                id=topic.id,
            )
    order = {cell: index for index, cell in enumerate(taxonomy.cells)}
    merged = sorted((*taxonomy.topics, *topics), key=lambda topic: order.get(topic.cell, len(order)))
    data = taxonomy.model_dump(mode="json", by_alias=True)
    data["version"], data["published"] = next_version(taxonomy.version), today.isoformat()
    data["topics"] = [topic.model_dump(mode="json", by_alias=True) for topic in merged]
    new = Taxonomy.model_validate(data)
    check_taxonomy(new)
    return new


def _with_exclusions(topic: Topic, new_id: str, successor: dict[str, str | None]) -> Topic:
    """A topic under its new id whose exclusions lead where their topics went."""
    kept = []
    for exclusion in topic.excludes:
        see = successor.get(exclusion.see, exclusion.see)
        if see is not None and see != new_id:
            kept.append(exclusion.model_copy(update={"see": see}))
    return topic.model_copy(update={"id": new_id, "excludes": tuple(kept)})


def require_free(ids: Sequence[str]) -> None:
    """Refuse a grid in which two topics would bear one id.

    Raises:
        TaxonomyError: An id stands twice.
    """
    doubled = sorted({topic for topic in ids if ids.count(topic) > 1})
    if doubled:
        raise TaxonomyError(
            "two topics of one cell would bear one name", hint="Name one of them differently.", id=doubled[0]
        )
