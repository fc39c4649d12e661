"""Ids that hold across venues: arXiv, DOI, Semantic Scholar, a page, and a name made of the title."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import unquote, urlsplit, urlunsplit

from papers.draft import ExternalIdDraft
from papers.ids.reading import ExternalIdError, host_path_query, refusal
from papers.text import title_key

# Every archive that had ids of the old form (arXiv's help pages, "archive" lists, 1991 to March 2007).
_OLD_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs"
    "|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol"
    "|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_MONTH = r"(?:0[1-9]|1[0-2])"
_ARXIV_ID = re.compile(
    rf"(?:(?P<new>\d\d{_MONTH}\.\d{{4,6}})"
    rf"|(?P<archive>{_OLD_ARCHIVES})(?:\.[a-z-]{{2,8}})?/(?P<number>\d\d{_MONTH}\d{{3}}))"
    r"(?:v(?P<version>[1-9]\d{0,3}))?",
    re.IGNORECASE | re.ASCII,
)
_ARXIV_PREFIX = re.compile(r"(?:oai:)?arxiv(?:\.org)?\s*:\s*", re.IGNORECASE)
_ARXIV_PATH = re.compile(r"/(?:abs|pdf|html|format|ps|e-print|src|tex|v[1-9])/(?P<id>.+?)(?:\.pdf|\.ps)?/?")
_ARXIV_HOSTS = re.compile(r"(?:[a-z-]+\.)*arxiv\.org|xxx\.lanl\.gov|ar5iv\.org")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(?P<id>.+)", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\x00-\x1f\x7f\"]+")
_DOI_PREFIX = re.compile(r"doi\s*:\s*", re.IGNORECASE)
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_S2 = re.compile(r"(?P<sha>[0-9a-f]{40})|corpusid:(?P<corpus>\d{1,15})", re.IGNORECASE | re.ASCII)
_S2_HOSTS = re.compile(r"(?:www\.|api\.)?semanticscholar\.org")
_PLAIN_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[A-Za-z0-9/._~=?&+-]{0,500}", re.ASCII)
_URL_LIMIT_CHARACTERS = 2_000
_TITLE_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE | re.ASCII)
_TITLE_LEAST_CHARACTERS = 12  # letters and digits; "Editorial" and "Introduction" name nothing
_NAME_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


def parse_arxiv_id(text: str) -> ExternalIdDraft:
    """Read an arXiv id: `2303.01248v2`, `hep-th/9901001`, `math.GT/0309136`, `arXiv:…`, or an arXiv URL.

    Args:
        text: The id in any of its forms.

    Returns:
        Canonical id; the version apart.

    Raises:
        ExternalIdError: It is no arXiv id.
    """
    bare = text.strip()
    if (doi := _ARXIV_DOI.fullmatch(_DOI_PREFIX.sub("", bare, count=1))) is not None:
        bare = doi["id"]
    elif "://" in bare:
        parts = host_path_query(bare)
        if parts is not None and _ARXIV_HOSTS.fullmatch(parts[0]):
            path = _ARXIV_PATH.fullmatch(parts[1])
            bare = path["id"] if path else ""
        elif (
            parts is not None
            and parts[0] in _DOI_HOSTS
            and (doi := _ARXIV_DOI.fullmatch(parts[1].lstrip("/")))
        ):
            bare = doi["id"]
    else:
        bare = _ARXIV_PREFIX.sub("", bare, count=1)
    match = _ARXIV_ID.fullmatch(bare)
    if match is None:
        raise refusal(text, "an arXiv id", "2303.01248 or hep-th/9901001")
    value = match["new"] or f"{match['archive'].lower()}/{match['number']}"
    return ExternalIdDraft(
        scheme="arxiv", value=value, version=int(match["version"]) if match["version"] else None
    )


def parse_doi(text: str) -> ExternalIdDraft:
    """Read a DOI: bare, with `doi:`, or as a doi.org URL.

    Args:
        text: The DOI in any of its forms; a full stop, comma or bracket that ended the
            sentence around it is taken off.

    Returns:
        Canonical id, lower case.

    Raises:
        ExternalIdError: It is no DOI.
    """
    bare = text.strip()
    if "://" in bare[:10]:
        parts = host_path_query(bare)
        if parts is None or parts[0] not in _DOI_HOSTS:
            raise refusal(text, "a DOI", "10.18653/v1/P19-1001")
        bare = re.sub(r"^[a-z]+://[^/]+/", "", bare, flags=re.IGNORECASE)
        bare = unquote(bare)
    else:
        bare = _DOI_PREFIX.sub("", bare, count=1)
    bare = bare.lower().rstrip(".,;:")
    while bare.endswith(")") and bare.count("(") < bare.count(")"):
        bare = bare[:-1].rstrip(".,;:")
    if _DOI.fullmatch(bare) is None or not bare.isprintable():
        raise refusal(text, "a DOI", "10.18653/v1/P19-1001")
    return ExternalIdDraft(scheme="doi", value=bare)


def as_arxiv(name: ExternalIdDraft) -> ExternalIdDraft:
    """Turn arXiv's own DOI into the arXiv id that it stands for; leave every other id alone."""
    if name.scheme == "doi" and name.value.startswith("10.48550/") and _ARXIV_DOI.fullmatch(name.value):
        try:
            return parse_arxiv_id(name.value)
        except ExternalIdError:
            return name
    return name


def parse_s2_id(text: str) -> ExternalIdDraft:
    """Read a Semantic Scholar id: 40 hex digits, `CorpusId:123`, or a page's URL.

    Raises:
        ExternalIdError: It is none.
    """
    bare = text.strip()
    if "://" in bare:
        parts = host_path_query(bare)
        known = parts is not None and _S2_HOSTS.fullmatch(parts[0])
        bare = parts[1].rstrip("/").rpartition("/")[2] if parts is not None and known else ""
    elif bare[:3].lower() == "s2:":
        bare = bare[3:].strip()
    match = _S2.fullmatch(bare)
    if match is None:
        raise refusal(text, "a Semantic Scholar id", "CorpusId:123")
    value = match["sha"].lower() if match["sha"] else f"CorpusId:{int(match['corpus'])}"
    return ExternalIdDraft(scheme="s2", value=value)


def parse_url_id(text: str) -> ExternalIdDraft:
    """Read a landing page as an id of last resort.

    Args:
        text: An absolute http or https URL.

    Returns:
        The URL with scheme and host in lower case, without fragment and default port.

    Raises:
        ExternalIdError: Another scheme, user or password in it, white space, or no host.
    """
    bare = text.strip()
    if bare[:4].lower() == "url:":
        bare = bare[4:].strip()
    if _PLAIN_URL.fullmatch(bare):
        return ExternalIdDraft(scheme="url", value=bare)
    refused = refusal(text, "an http(s) URL", "https://example.org/paper")
    if len(bare) > _URL_LIMIT_CHARACTERS or not bare.isprintable() or re.search(r"[\s\\<>\"]", bare):
        raise refused
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise refused from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise refused
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, default) else f"{host}:{port}"
    return ExternalIdDraft(
        scheme="url", value=urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    )


def title_id(title: str, first_author: str, year: int) -> ExternalIdDraft:
    """A name for a work to which nobody gave one: title, first author's family name and year.

    Records of people's own lists often hold nothing else. Case, accents, spaces and punctuation do
    not count, so that the same work in two lists has one name.

    Args:
        title: The whole title.
        first_author: The first author's family name, or the whole name with the family name last.
        year: Of publication.

    Returns:
        The id.

    Raises:
        ExternalIdError: The title is too short to tell works apart (`Editorial`), or there is no name.
    """
    key, words = title_key(title), first_author.split()
    while len(words) > 1 and words[-1].lower().rstrip(".") in _NAME_SUFFIXES:
        words.pop()
    if len(key) < _TITLE_LEAST_CHARACTERS or not words:
        raise refusal(title, "a title that can name a work", "a whole title with its first author and year")
    text = f"{key}\n{title_key(words[-1])}\n{year}"
    return ExternalIdDraft(scheme="title", value=sha256(text.encode("utf-8")).hexdigest()[:24])


def parse_title_id(text: str) -> ExternalIdDraft:
    """Read an id of `title_id`: 24 hex digits, with or without `title:`.

    Raises:
        ExternalIdError: It is none.
    """
    bare = text.strip()
    if bare[:6].lower() == "title:":
        bare = bare[6:].strip()
    if _TITLE_ID.fullmatch(bare) is None:
        raise refusal(text, "an id made of a title", "24 hex digits")
    return ExternalIdDraft(scheme="title", value=bare.lower())
