"""Ids that venues give their papers: ACL Anthology, OpenReview, PMLR, NeurIPS, ICLR."""

from __future__ import annotations

import re

from papers.draft import ExternalIdDraft, IdScheme
from papers.ids.reading import host_path_query, refusal

_ACL_NEW = re.compile(r"[12]\d{3}\.[a-z0-9_]+-[a-z0-9_]+\.\d{1,5}", re.IGNORECASE | re.ASCII)
_ACL_OLD = re.compile(r"[A-Z]\d\d-\d{4,5}", re.IGNORECASE | re.ASCII)
_ACL_HOSTS = re.compile(
    r"(?:www\.)?(?:aclanthology\.(?:org|info)|aclweb\.org|aclanthology\.coli\.uni-saarland\.de)"
)
_ACL_SUFFIX = re.compile(r"(?:v\d+)?(?:\.pdf|\.bib|\.xml|\.endf)?/?", re.IGNORECASE)
_OPENREVIEW = re.compile(r"[A-Za-z0-9_-]{6,20}", re.ASCII)
_PMLR = re.compile(r"(?P<volume>[vr]\d{1,4})/(?P<id>[A-Za-z0-9][A-Za-z0-9_-]{0,80})", re.ASCII)
_PMLR_PATH = re.compile(
    r"/(?:proceedings/papers/)?(?P<volume>[vr]\d{1,4})/(?P<id>[A-Za-z0-9_-]+)(?:\.html|\.pdf|/.*)?"
)
_PMLR_HOSTS = frozenset({"proceedings.mlr.press", "jmlr.org", "www.jmlr.org"})
_PROCEEDINGS = re.compile(r"(?P<year>[12]\d{3})/(?P<hash>[0-9a-f]{32})", re.IGNORECASE | re.ASCII)
_PROCEEDINGS_PATH = re.compile(
    r"/paper(?:_files/paper)?/(?P<year>[12]\d{3})/(?:hash|file)/(?P<hash>[0-9a-f]{32})-.*", re.IGNORECASE
)
_NEURIPS_HOSTS = frozenset(
    {"proceedings.neurips.cc", "papers.nips.cc", "papers.neurips.cc", "proceedings.nips.cc"}
)
_ICLR_HOSTS = frozenset({"proceedings.iclr.cc"})


def parse_acl_id(text: str) -> ExternalIdDraft:
    """Read an ACL Anthology id: `2023.acl-long.1`, `P19-1001`, or an Anthology URL.

    Args:
        text: The id, with or without a revision or file suffix when in a URL.

    Returns:
        Canonical id.

    Raises:
        ExternalIdError: It is no Anthology id.
    """
    bare = text.strip()
    if "://" in bare:
        parts = host_path_query(bare)
        if parts is not None and _ACL_HOSTS.fullmatch(parts[0]):
            steps = [step for step in parts[1].split("/") if step not in ("", "anthology", "papers")]
            bare = steps[0] if steps else ""
            for form in (_ACL_NEW, _ACL_OLD):
                head = form.match(bare)
                if head is not None and _ACL_SUFFIX.fullmatch(bare, head.end()):
                    bare = head[0]
    elif bare[:4].lower() == "acl:":
        bare = bare[4:].strip()
    if _ACL_NEW.fullmatch(bare):
        return ExternalIdDraft(scheme="acl", value=bare.lower())
    if _ACL_OLD.fullmatch(bare):
        return ExternalIdDraft(scheme="acl", value=bare.upper())
    raise refusal(text, "an ACL Anthology id", "2023.acl-long.1 or P19-1001")


def parse_openreview_id(text: str) -> ExternalIdDraft:
    """Read an OpenReview forum id, bare or as a forum, PDF or attachment URL.

    Args:
        text: The id or URL.

    Returns:
        Canonical id, case kept.

    Raises:
        ExternalIdError: It is no forum id.
    """
    bare = text.strip()
    if "://" in bare:
        parts = host_path_query(bare)
        bare = ""
        if parts is not None and parts[0] in ("openreview.net", "www.openreview.net"):
            found = re.search(r"(?:^|&)id=([^&]*)", parts[2])
            bare = found[1] if found else ""
    elif bare[:11].lower() == "openreview:":
        bare = bare[11:].strip()
    if _OPENREVIEW.fullmatch(bare) is None:
        raise refusal(text, "an OpenReview id", "https://openreview.net/forum?id=rJl-b3RcF7")
    return ExternalIdDraft(scheme="openreview", value=bare)


def parse_pmlr_id(text: str) -> ExternalIdDraft:
    """Read a PMLR id, `v202/aamand23a` or its page's or PDF's URL.

    Args:
        text: The id or URL.

    Returns:
        Canonical id.

    Raises:
        ExternalIdError: It is no PMLR id.
    """
    bare = text.strip()
    if "://" in bare:
        parts = host_path_query(bare)
        path = _PMLR_PATH.fullmatch(parts[1]) if parts is not None and parts[0] in _PMLR_HOSTS else None
        bare = f"{path['volume']}/{path['id']}" if path else ""
    elif bare[:5].lower() == "pmlr:":
        bare = bare[5:].strip()
    match = _PMLR.fullmatch(bare)
    if match is None:
        raise refusal(text, "a PMLR id", "v202/aamand23a")
    return ExternalIdDraft(scheme="pmlr", value=f"{match['volume']}/{match['id']}")


def parse_neurips_id(text: str) -> ExternalIdDraft:
    """Read an id of the NeurIPS proceedings site, `2023/<32 hex digits>` or a page's URL.

    Raises:
        ExternalIdError: It is none.
    """
    return _proceedings_id(text, "neurips", _NEURIPS_HOSTS)


def parse_iclr_id(text: str) -> ExternalIdDraft:
    """Read an id of the ICLR proceedings site, `2024/<32 hex digits>` or a page's URL.

    Raises:
        ExternalIdError: It is none.
    """
    return _proceedings_id(text, "iclr", _ICLR_HOSTS)


def _proceedings_id(text: str, scheme: IdScheme, hosts: frozenset[str]) -> ExternalIdDraft:
    bare = text.strip()
    match: re.Match[str] | None
    if "://" in bare:
        parts = host_path_query(bare)
        match = _PROCEEDINGS_PATH.fullmatch(parts[1]) if parts is not None and parts[0] in hosts else None
    else:
        if bare.lower().startswith(f"{scheme}:"):
            bare = bare[len(scheme) + 1 :].strip()
        match = _PROCEEDINGS.fullmatch(bare)
    if match is None:
        raise refusal(text, f"an id of the {scheme} proceedings", "2023/ and 32 hex digits")
    return ExternalIdDraft(scheme=scheme, value=f"{match['year']}/{match['hash'].lower()}")
