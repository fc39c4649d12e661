"""The starter library: landmark papers placed by hand, shipped as data.

One YAML file a topic under `taxonomy/library/<pipeline>/<component>/<topic>.yaml`, and
`_cell.yaml` beside them for papers that fit the cell and none of its topics. A paper stands
once, in the file of its first topic. Bibliographic facts are facts; summaries are the project's
own words.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from foundation.errors import TaxonomyError
from taxonomy.loader import founding_taxonomy, read_yaml
from taxonomy.models import CellId, TopicId

LIBRARY_FOLDER = Path(__file__).parent / "library"


class LibraryIds(BaseModel):
    """Ids of a library paper; at least one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arxiv: (
        Annotated[str, StringConstraints(pattern=r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$")] | None
    ) = None
    acl: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+\.\d+$|^[A-Z]\d{2}-\d{4}$")] | None = None
    doi: Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    openreview: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{6,20}$")] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> LibraryIds:
        if not any((self.arxiv, self.acl, self.doi, self.openreview, self.url)):
            raise ValueError("a paper needs at least one id")
        return self


class LibraryPaper(BaseModel):
    """One paper of the starter library.

    Attributes:
        title: As published.
        authors: In order; the first few where `et_al` is set.
        et_al: Whether `authors` is cut.
        year: Of the arXiv id's first version, or of the venue where there is no arXiv id.
        venue: Short name (`ACL`, `NeurIPS`, `arXiv`).
        ids: Where it can be found.
        cell: Primary cell.
        other_cells: At most two more.
        topics: First topic first; empty for a paper that fits no topic.
        summary: Two or three sentences on what it contributes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, StringConstraints(min_length=3, strip_whitespace=True)]
    authors: Annotated[tuple[str, ...], Field(min_length=1)]
    et_al: bool = False
    year: Annotated[int, Field(ge=1990, le=2100)]
    venue: Annotated[str, StringConstraints(min_length=2)]
    ids: LibraryIds
    cell: CellId
    other_cells: Annotated[tuple[CellId, ...], Field(max_length=2)] = ()
    topics: tuple[TopicId, ...] = ()
    summary: Annotated[str, StringConstraints(min_length=60, max_length=700, strip_whitespace=True)]

    @model_validator(mode="after")
    def _cells_agree(self) -> LibraryPaper:
        cells = {self.cell, *self.other_cells}
        if len(cells) != 1 + len(self.other_cells):
            raise ValueError("a cell stands twice")
        for topic in self.topics:
            if topic.rpartition("/")[0] not in cells:
                raise ValueError(f"topic {topic} hangs in none of the paper's cells")
        return self

    @property
    def key(self) -> str:
        """`scheme:value` of its best id."""
        for scheme in ("acl", "arxiv", "openreview", "doi", "url"):
            value = getattr(self.ids, scheme)
            if value:
                return f"{scheme}:{value}"
        raise AssertionError("LibraryIds guarantees one id")


_PAPERS = TypeAdapter(tuple[LibraryPaper, ...])


def read_library_file(path: Path) -> tuple[LibraryPaper, ...]:
    """Read one library file.

    Raises:
        TaxonomyError: Malformed, or a row does not fit; names file, row and field.
    """
    data = read_yaml(path)
    try:
        return _PAPERS.validate_python(tuple(data or ()))
    except ValidationError as error:
        first = error.errors()[0]
        row, *field = first["loc"]
        raise TaxonomyError(
            f"{path.parent.name}/{path.name} is not valid: {first['msg']}",
            hint="Mend the row.",
            row=row,
            field=".".join(str(part) for part in field),
        ) from error


def read_library(folder: Path = LIBRARY_FOLDER) -> tuple[LibraryPaper, ...]:
    """Read and cross-check every library file under a folder.

    Returns:
        All papers, file by file in sorted order.

    Raises:
        TaxonomyError: A file is malformed, an id stands twice, or a cell or topic does not exist.
    """
    taxonomy = founding_taxonomy()
    papers: list[LibraryPaper] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*.yaml")):
        place = path.relative_to(folder).with_suffix("").as_posix()
        for paper in read_library_file(path):
            for scheme, value in paper.ids.model_dump(exclude_none=True).items():
                key = f"{scheme}:{value}"
                if key in seen:
                    raise TaxonomyError(
                        "paper stands twice in the library",
                        hint="Keep one.",
                        id=key,
                        files=f"{seen[key]}, {place}",
                    )
                seen[key] = place
            for cell in (paper.cell, *paper.other_cells):
                if cell not in taxonomy.cells:
                    raise TaxonomyError("library names a cell that does not exist", id=paper.key, cell=cell)
            for topic in paper.topics:
                if topic not in taxonomy.topic_by_id:
                    raise TaxonomyError(
                        "library names a topic that does not exist", id=paper.key, topic=topic
                    )
            expected = paper.topics[0] if paper.topics else f"{paper.cell}/_cell"
            if place != expected:
                raise TaxonomyError(
                    "library paper stands in the wrong file",
                    hint=f"Move it to {expected}.yaml.",
                    id=paper.key,
                    file=place,
                )
            papers.append(paper)
    return tuple(papers)


@lru_cache(maxsize=1)
def load_library() -> tuple[LibraryPaper, ...]:
    """The starter library that ships with the project."""
    return read_library()
