r"""Names that the world has for papers: read in every form people write them, kept in one.

Canonical forms:

| scheme | value | example |
|---|---|---|
| arxiv | without version; old ids without subject class, as arXiv lists them | `2303.01248`, `math/0309136` |
| doi | lower case (DOIs are case-insensitive, ISO 26324) | `10.18653/v1/p19-1001` |
| acl | new ids lower case, old ids upper case | `2023.acl-long.1`, `P19-1001` |
| openreview | the forum's id, case kept | `rJl-b3RcF7` |
| pmlr | volume and record | `v202/aamand23a` |
| neurips, iclr | year and the 32 hex digits of the proceedings site | `2023/0a1b…` |
| s2 | Semantic Scholar's 40 hex digits, or `CorpusId:` and a number | |
| url | http or https; scheme and host lower case, no fragment | |
| title | 24 hex digits made of title, first author and year; see `title_id` | |

Every value that leaves this module is read back from its key as itself.
"""

from __future__ import annotations

from papers.ids.archives import (
    as_arxiv,
    parse_arxiv_id,
    parse_doi,
    parse_s2_id,
    parse_title_id,
    parse_url_id,
    title_id,
)
from papers.ids.names import SCHEME_ORDER, best_key, external_id_url, parse_external_id, sort_ids
from papers.ids.reading import ExternalIdError
from papers.ids.venues import (
    parse_acl_id,
    parse_iclr_id,
    parse_neurips_id,
    parse_openreview_id,
    parse_pmlr_id,
)

__all__ = [
    "SCHEME_ORDER",
    "ExternalIdError",
    "as_arxiv",
    "best_key",
    "external_id_url",
    "parse_acl_id",
    "parse_arxiv_id",
    "parse_doi",
    "parse_external_id",
    "parse_iclr_id",
    "parse_neurips_id",
    "parse_openreview_id",
    "parse_pmlr_id",
    "parse_s2_id",
    "parse_title_id",
    "parse_url_id",
    "sort_ids",
    "title_id",
]
