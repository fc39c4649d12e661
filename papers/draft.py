"""A paper as one source tells it, before it meets the store."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from foundation.clock import as_utc
from papers.text import cap_abstract, cap_authors, cap_name, cap_title, clean_text

IdScheme = Literal["arxiv", "doi", "acl", "openreview", "pmlr", "neurips", "iclr", "s2", "url", "title"]

NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _clean(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


def _clean_optional(value: object) -> object:
    return (clean_text(value) or None) if isinstance(value, str) else value


def _cap_optional_abstract(value: str | None) -> str | None:
    return None if value is None else cap_abstract(value)


def _cap_optional_name(value: str | None) -> str | None:
    return None if value is None else cap_name(value)


# Whatever a parser forgets, nothing unclean or over-long passes into a draft.
CleanText = Annotated[NonEmpty, BeforeValidator(_clean)]
OptionalText = Annotated[str | None, BeforeValidator(_clean_optional)]


class ExternalIdDraft(BaseModel):
    """One name that the world has for a paper.

    Attributes:
        scheme: Which naming system.
        value: The canonical value (see `papers.ids`), without version.
        version: Version number where the scheme has them (arXiv), else None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: IdScheme
    value: Annotated[NonEmpty, Field(max_length=2_000)]  # what an index can hold
    version: Annotated[int, Field(ge=1)] | None = None

    @property
    def key(self) -> str:
        """`scheme:value`, the form in which ids stand in links, labels and exports."""
        return f"{self.scheme}:{self.value}"


class AuthorDraft(BaseModel):
    """One author as the source names them.

    Attributes:
        name: Display name, given name first.
        given: Given names where the source tells them apart, else None.
        family: Family name where the source tells it apart, else None.
        orcid: ORCID iD, digits and hyphens alone, else None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[CleanText, AfterValidator(cap_name)]
    given: OptionalText = None
    family: OptionalText = None
    orcid: OptionalText = None


class PaperDraft(BaseModel):
    """One work as one source tells it.

    Every text field passes `papers.text.clean_text` on the way in, and title, abstract and list
    of authors are cut to that module's caps. What the source does not say is None or empty, never
    guessed.

    Attributes:
        source: Name of the source, as in settings (`acl_anthology`, `arxiv`, `library` ...).
        source_id: The source's own id of the record, without version.
        source_version: Version of the record where the source has versions, else None.
        title: Title in plain text.
        abstract: Abstract in plain text, or None where the source holds none.
        authors: In order of print.
        external_ids: Every id that the source gives for this work.
        venue: Short name of the venue (`ACL`, `EMNLP`, `Findings`, `arXiv`), or None.
        container_title: Full title of proceedings or journal, or None.
        volume_id: The source's id of the volume (`2023.acl-long`), or None.
        year: Year of publication; for a preprint the year of its first version.
        published: Day of publication; first version for a preprint. None where unknown.
        updated: Moment of the source's last change, or None.
        pages: Page range as printed, or None.
        source_categories: The source's own subject terms (`cs.CL`).
        comment: The authors' comment, or None.
        url: Landing page, http(s).
        licence: Licence statement or URL, or None.
        bibtex_key: Citation key given by the publisher, or None.
        language: ISO 639 code when the source says the text is not English, else None.
        retracted: Why the work was retracted, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: NonEmpty
    source_id: Annotated[NonEmpty, Field(max_length=2_000)]
    source_version: Annotated[int, Field(ge=1)] | None = None
    title: Annotated[CleanText, AfterValidator(cap_title)]
    abstract: Annotated[OptionalText, AfterValidator(_cap_optional_abstract)] = None
    authors: Annotated[tuple[AuthorDraft, ...], AfterValidator(cap_authors)] = ()
    external_ids: tuple[ExternalIdDraft, ...]
    venue: Annotated[OptionalText, AfterValidator(_cap_optional_name)] = None
    container_title: OptionalText = None
    volume_id: OptionalText = None
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    published: date | None = None
    updated: Annotated[datetime, AfterValidator(as_utc)] | None = None
    pages: OptionalText = None
    source_categories: tuple[str, ...] = ()
    comment: OptionalText = None
    url: OptionalText = None
    licence: OptionalText = None
    bibtex_key: OptionalText = None
    language: OptionalText = None
    retracted: OptionalText = None
