"""What arXiv's interfaces have in common: how a record's own words become a draft's fields."""

from __future__ import annotations

import re
from collections import Counter

from papers.draft import ExternalIdDraft
from papers.ids import ExternalIdError, as_arxiv, parse_doi

METADATA_LICENCE = "CC0 1.0 (metadata)"  # arXiv API terms of use: metadata, abstracts included
_DOI_BREAK = re.compile(r"[;,]?\s+|[;,](?=10\.\d{4,9}/)")
_WITHDRAWN = re.compile(
    r"(?:this (?:paper|article|submission|manuscript|work) )?(?:has been |is )?withdrawn\b", re.IGNORECASE
)


def withdrawal(comment: str | None) -> str | None:
    """The comment, where it says that the paper was withdrawn; else None."""
    return comment if comment and _WITHDRAWN.match(comment) else None


def doi_ids(text: str, skipped: Counter[str]) -> list[ExternalIdDraft]:
    """The DOIs in a field that may hold several.

    Args:
        text: The field; DOIs stand apart by white space, or by a comma or semicolon (which a DOI may
            also hold, so that only one before the next DOI parts them).
        skipped: Counts what is no DOI.

    Returns:
        DOIs other than arXiv's own, which name the same thing as the arXiv id.
    """
    found: list[ExternalIdDraft] = []
    for word in _DOI_BREAK.split(text.strip()):
        if not word:
            continue
        try:
            name = as_arxiv(parse_doi(word))
        except ExternalIdError:
            skipped["DOI that is none"] += 1
        else:
            if name.scheme == "doi":
                found.append(name)
    return found
