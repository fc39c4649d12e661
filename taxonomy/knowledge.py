"""Models, methods and concepts of the field as entries that link to papers and topics.

One YAML file a kind under `taxonomy/knowledge/`: `models.yaml`, `methods.yaml`, `concepts.yaml`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from foundation.errors import TaxonomyError
from taxonomy.loader import founding_taxonomy, read_yaml
from taxonomy.models import CellId, Slug, TopicId
from taxonomy.pages import library_keys

KNOWLEDGE_FOLDER = Path(__file__).parent / "knowledge"

EntryKind = Literal["model", "method", "concept"]
# What an entry is, within its kind; the page groups by it.
EntryGroup = Literal[
    "general model", "domain model", "code model", "multimodal model", "embedding model",
    "protein model", "product",
    "pre-training", "fine-tuning", "alignment", "data", "prompting", "retrieval", "decoding",
    "compression", "attention", "agents", "evaluation", "interpretability", "safety", "reasoning",
    "knowledge",
    "route", "architecture", "knowledge kind", "challenge", "phase", "life cycle", "idea",
]  # fmt: skip


class KnowledgeEntry(BaseModel):
    """A model, a method or a concept.

    Attributes:
        id: `model/…`, `method/…` or `concept/…`.
        name: As people say it.
        also: Other names.
        group: What it is within its kind.
        year: Of first publication; None for concepts without one.
        who: Who published it; empty for concepts of the field at large.
        size: Parameters as published; `reported` in front where the makers did not say; empty
            where size has no meaning.
        domain: Field of use for domain models, else empty.
        summary: One to three sentences, own words.
        papers: Library papers, `scheme:value`.
        topics: Topics it belongs to.
        cells: Further cells it belongs to.
        related: Ids of other entries.
        source: Where year, who and size come from: `scheme:value` or an https address.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^(model|method|concept)/[a-z0-9]+(-[a-z0-9]+)*$")]
    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    also: tuple[str, ...] = ()
    group: EntryGroup
    year: Annotated[int, Field(ge=1950, le=2100)] | None = None
    who: str = ""
    size: str = ""
    domain: str = ""
    route: Slug | None = None
    summary: Annotated[str, StringConstraints(min_length=50, max_length=700, strip_whitespace=True)]
    papers: tuple[str, ...] = ()
    topics: tuple[TopicId, ...] = ()
    cells: tuple[CellId, ...] = ()
    related: tuple[str, ...] = ()
    source: Annotated[str, StringConstraints(pattern=r"^(arxiv|acl|doi|openreview):\S+$|^https://\S+$")]

    @property
    def kind(self) -> EntryKind:
        """model, method or concept."""
        kind = self.id.partition("/")[0]
        assert kind in ("model", "method", "concept")
        return kind  # type: ignore[return-value]


_ENTRIES = TypeAdapter(tuple[KnowledgeEntry, ...])


def read_knowledge_file(path: Path) -> tuple[KnowledgeEntry, ...]:
    """Read one file of entries.

    Raises:
        TaxonomyError: Malformed, or a row does not fit; names row and field.
    """
    try:
        return _ENTRIES.validate_python(tuple(read_yaml(path) or ()))
    except ValidationError as error:
        first = error.errors()[0]
        row, *field = first["loc"]
        raise TaxonomyError(
            f"{path.name} is not valid: {first['msg']}", row=row, field=".".join(str(part) for part in field)
        ) from error


def check_entries(entries: tuple[KnowledgeEntry, ...]) -> None:
    """Check ids and every reference.

    Raises:
        TaxonomyError: An id stands twice, or a reference leads nowhere.
    """
    taxonomy, papers = founding_taxonomy(), library_keys()
    ids = {entry.id for entry in entries}
    if len(ids) != len(entries):
        seen: set[str] = set()
        doubled = next(entry.id for entry in entries if entry.id in seen or seen.add(entry.id))  # type: ignore[func-returns-value]
        raise TaxonomyError("knowledge entry stands twice", id=doubled)
    for entry in entries:
        for name, values, known in (
            ("paper", entry.papers, papers),
            ("topic", entry.topics, set(taxonomy.topic_by_id)),
            ("cell", entry.cells, set(taxonomy.cells)),
            ("related entry", entry.related, ids - {entry.id}),
        ):
            for value in values:
                if value not in known:
                    raise TaxonomyError(
                        f"knowledge entry names a {name} that does not exist", id=entry.id, value=value
                    )
        if not entry.topics and not entry.cells:
            raise TaxonomyError("knowledge entry hangs in no topic and no cell", id=entry.id)


@lru_cache(maxsize=1)
def load_knowledge() -> tuple[KnowledgeEntry, ...]:
    """Every entry that ships with the project, checked.

    Raises:
        TaxonomyError: A file is malformed or a reference leads nowhere.
    """
    entries = tuple(
        entry for path in sorted(KNOWLEDGE_FOLDER.glob("*.yaml")) for entry in read_knowledge_file(path)
    )
    check_entries(entries)
    return entries
