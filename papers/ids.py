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

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final, get_args
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from foundation.errors import RefusedInputError
from papers.draft import ExternalIdDraft, IdScheme
from papers.text import title_key

# Which id names a paper in links and labels. arXiv first: it is there earliest, so the name
# seldom changes; then the publishers' own ids; then what others assign.
SCHEME_ORDER: Final[tuple[IdScheme, ...]] = (
    "arxiv", "acl", "pmlr", "neurips", "iclr", "openreview", "doi", "s2", "url", "title",
)  # fmt: skip

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
_S2 = re.compile(r"(?P<sha>[0-9a-f]{40})|corpusid:(?P<corpus>\d{1,15})", re.IGNORECASE | re.ASCII)
_S2_HOSTS = re.compile(r"(?:www\.|api\.)?semanticscholar\.org")
_PLAIN_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[A-Za-z0-9/._~=?&+-]{0,500}", re.ASCII)
_URL_LIMIT_CHARACTERS = 2_000
_TITLE_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE | re.ASCII)
_TITLE_LEAST_CHARACTERS = 12  # letters and digits; "Editorial" and "Introduction" name nothing
_NAME_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


class ExternalIdError(RefusedInputError):
    """A text that is no id of the kind it was offered as; the message names the text."""


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
        parts = _split(bare)
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
        raise _refusal(text, "an arXiv id", "2303.01248 or hep-th/9901001")
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
        parts = _split(bare)
        if parts is None or parts[0] not in _DOI_HOSTS:
            raise _refusal(text, "a DOI", "10.18653/v1/P19-1001")
        bare = re.sub(r"^[a-z]+://[^/]+/", "", bare, flags=re.IGNORECASE)
        bare = unquote(bare)
    else:
        bare = _DOI_PREFIX.sub("", bare, count=1)
    bare = bare.lower().rstrip(".,;:")
    while bare.endswith(")") and bare.count("(") < bare.count(")"):
        bare = bare[:-1].rstrip(".,;:")
    if _DOI.fullmatch(bare) is None or not bare.isprintable():
        raise _refusal(text, "a DOI", "10.18653/v1/P19-1001")
    return ExternalIdDraft(scheme="doi", value=bare)


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
        parts = _split(bare)
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
    raise _refusal(text, "an ACL Anthology id", "2023.acl-long.1 or P19-1001")


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
        parts = _split(bare)
        bare = ""
        if parts is not None and parts[0] in ("openreview.net", "www.openreview.net"):
            found = re.search(r"(?:^|&)id=([^&]*)", parts[2])
            bare = found[1] if found else ""
    elif bare[:11].lower() == "openreview:":
        bare = bare[11:].strip()
    if _OPENREVIEW.fullmatch(bare) is None:
        raise _refusal(text, "an OpenReview id", "https://openreview.net/forum?id=rJl-b3RcF7")
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
        parts = _split(bare)
        path = _PMLR_PATH.fullmatch(parts[1]) if parts is not None and parts[0] in _PMLR_HOSTS else None
        bare = f"{path['volume']}/{path['id']}" if path else ""
    elif bare[:5].lower() == "pmlr:":
        bare = bare[5:].strip()
    match = _PMLR.fullmatch(bare)
    if match is None:
        raise _refusal(text, "a PMLR id", "v202/aamand23a")
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


def parse_s2_id(text: str) -> ExternalIdDraft:
    """Read a Semantic Scholar id: 40 hex digits, `CorpusId:123`, or a page's URL.

    Raises:
        ExternalIdError: It is none.
    """
    bare = text.strip()
    if "://" in bare:
        parts = _split(bare)
        known = parts is not None and _S2_HOSTS.fullmatch(parts[0])
        bare = parts[1].rstrip("/").rpartition("/")[2] if parts is not None and known else ""
    elif bare[:3].lower() == "s2:":
        bare = bare[3:].strip()
    match = _S2.fullmatch(bare)
    if match is None:
        raise _refusal(text, "a Semantic Scholar id", "CorpusId:123")
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
    refusal = _refusal(text, "an http(s) URL", "https://example.org/paper")
    if len(bare) > _URL_LIMIT_CHARACTERS or not bare.isprintable() or re.search(r"[\s\\<>\"]", bare):
        raise refusal
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise refusal from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise refusal
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
        raise _refusal(title, "a title that can name a work", "a whole title with its first author and year")
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
        raise _refusal(text, "an id made of a title", "24 hex digits")
    return ExternalIdDraft(scheme="title", value=bare.lower())


_PARSERS: dict[str, Callable[[str], ExternalIdDraft]] = {
    "arxiv": parse_arxiv_id,
    "acl": parse_acl_id,
    "pmlr": parse_pmlr_id,
    "neurips": parse_neurips_id,
    "iclr": parse_iclr_id,
    "openreview": parse_openreview_id,
    "doi": parse_doi,
    "s2": parse_s2_id,
    "url": parse_url_id,
    "title": parse_title_id,
}
# What a bare text may be; OpenReview's ids look like any word and need their scheme or URL.
_BARE = (parse_arxiv_id, parse_doi, parse_acl_id, parse_pmlr_id)


def parse_external_id(text: str) -> ExternalIdDraft:
    """Read any id.

    That is `scheme:value`, the URL of a known site or any other, or a bare arXiv id, DOI, ACL or PMLR id.
    arXiv's own DOIs (`10.48550/arXiv.…`) are read as arXiv ids, so that they link.

    Args:
        text: The id as someone wrote it.

    Returns:
        Canonical id.

    Raises:
        ExternalIdError: It is none of these.
    """
    bare = text.strip()
    scheme, colon, rest = bare.partition(":")
    scheme = scheme.strip().lower()
    if colon and scheme in _PARSERS:
        return as_arxiv(_PARSERS[scheme](rest.strip()))
    if scheme in ("http", "https") and colon:
        return _parse_url(bare)
    for parse in (parse_arxiv_id,) if scheme == "oai" else _BARE:
        try:
            return as_arxiv(parse(bare))
        except ExternalIdError:
            continue
    raise _refusal(
        text, "an id of a paper", "arxiv:2303.01248, doi:10.…, acl:2023.acl-long.1 or a link to its page"
    )


def as_arxiv(name: ExternalIdDraft) -> ExternalIdDraft:
    """Turn arXiv's own DOI into the arXiv id that it stands for; leave every other id alone."""
    if name.scheme == "doi" and name.value.startswith("10.48550/") and _ARXIV_DOI.fullmatch(name.value):
        try:
            return parse_arxiv_id(name.value)
        except ExternalIdError:
            return name
    return name


def external_id_url(scheme: str, value: str) -> str | None:
    """Where an id leads.

    Args:
        scheme: One of the schemes.
        value: Canonical value.

    Returns:
        An https URL (http where the id itself is one), or None for a value that is no id of the
        scheme: what comes out can stand in a link.
    """
    parser = _PARSERS.get(scheme)
    if parser is None:
        return None
    try:
        value = parser(value).value
    except ExternalIdError:
        return None
    match scheme:
        case "arxiv":
            return f"https://arxiv.org/abs/{value}"
        case "doi":
            return f"https://doi.org/{quote(value, safe='/:;()._-')}"
        case "acl":
            return f"https://aclanthology.org/{value}/"
        case "openreview":
            return f"https://openreview.net/forum?id={value}"
        case "pmlr":
            return f"https://proceedings.mlr.press/{value}.html"
        case "neurips":
            year, _, digits = value.partition("/")
            return f"https://proceedings.neurips.cc/paper_files/paper/{year}/hash/{digits}-Abstract.html"
        case "iclr":
            year, _, digits = value.partition("/")
            return (
                f"https://proceedings.iclr.cc/paper_files/paper/{year}/hash/{digits}-Abstract-Conference.html"
            )
        case "s2":
            corpus = value.removeprefix("CorpusId:")
            place = f"CorpusID:{corpus}" if corpus != value else value
            return f"https://api.semanticscholar.org/{place}"
        case "title":
            return None  # it names a work, and leads nowhere
        case _:
            return value


def sort_ids(ids: Iterable[ExternalIdDraft]) -> list[ExternalIdDraft]:
    """Ids with the best name first: by `SCHEME_ORDER`, then by value."""
    return sorted(ids, key=lambda name: (_RANK[name.scheme], name.value, name.version or 0))


def best_key(ids: Iterable[ExternalIdDraft]) -> str:
    """The `scheme:value` that names a paper in links, labels and exports.

    Args:
        ids: All its ids.

    Returns:
        The key of the first id by `SCHEME_ORDER`, then by value; independent of their order.

    Raises:
        ExternalIdError: There is none.
    """
    ordered = sort_ids(ids)
    if not ordered:
        raise ExternalIdError("a paper without any id cannot be named", hint="Give it a DOI, an id or a URL.")
    return ordered[0].key


_RANK = {scheme: rank for rank, scheme in enumerate(SCHEME_ORDER)}
if set(_RANK) != set(get_args(IdScheme)) or set(_RANK) != set(_PARSERS):
    raise AssertionError("every id scheme needs a rank and a parser")


def _parse_url(url: str) -> ExternalIdDraft:
    for parse in (
        parse_arxiv_id, parse_doi, parse_acl_id, parse_openreview_id, parse_pmlr_id, parse_neurips_id,
        parse_iclr_id, parse_s2_id, parse_url_id,
    ):  # fmt: skip
        try:
            return as_arxiv(parse(url))
        except ExternalIdError:
            continue
    raise _refusal(url, "a link to a paper", "https://arxiv.org/abs/2303.01248")


def _proceedings_id(text: str, scheme: IdScheme, hosts: frozenset[str]) -> ExternalIdDraft:
    bare = text.strip()
    match: re.Match[str] | None
    if "://" in bare:
        parts = _split(bare)
        match = _PROCEEDINGS_PATH.fullmatch(parts[1]) if parts is not None and parts[0] in hosts else None
    else:
        if bare.lower().startswith(f"{scheme}:"):
            bare = bare[len(scheme) + 1 :].strip()
        match = _PROCEEDINGS.fullmatch(bare)
    if match is None:
        raise _refusal(text, f"an id of the {scheme} proceedings", "2023/ and 32 hex digits")
    return ExternalIdDraft(scheme=scheme, value=f"{match['year']}/{match['hash'].lower()}")


def _split(url: str) -> tuple[str, str, str] | None:
    """Host, path and query of an http(s) URL; None where it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host.lower(), unquote(parts.path), parts.query


def _refusal(text: str, what: str, example: str) -> ExternalIdError:
    shown = text if len(text) <= 120 else text[:119] + "…"
    return ExternalIdError(f"{shown!r} is not {what}", hint=f"It should look like {example}.")
