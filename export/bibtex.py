"""A list of papers as BibTeX, in which no title can run a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from export.bibliography import Kind, Reference, references
from export.registry import ExportMaterial
from landscape.types import PaperRow

_ENTRY_TYPES: dict[Kind, str] = {"conference": "inproceedings", "journal": "article", "preprint": "misc"}
_VENUE_FIELDS: dict[Kind, str] = {"conference": "booktitle", "journal": "journal", "preprint": "howpublished"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# The only control sequences that a file of this module holds. Braces are written by name, since
# BibTeX counts `\{` as a brace and one left open would swallow the entries behind it.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
}
_ESCAPED = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")
_LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')|(?<=[?!])(?=`)|(?<=,)(?=,)")
_NOT_VERBATIM = re.compile(r"[{}\\\s]|[^\x20-\x7e]")
_LIST_WORD = re.compile(r"(?:^|\s)(and|others)(?=\s|$)", re.IGNORECASE)


def latex_text(text: str) -> str:
    """A text as LaTeX that sets exactly this text.

    Args:
        text: Any safe text; letters beyond ASCII stay as they are (UTF-8).

    Returns:
        The text with every active character named and ligatures of ASCII signs parted.
    """
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], _LIGATURES.sub("\x00", text)).replace("\x00", "{}")


def papers_bibtex(papers: Iterable[PaperRow]) -> bytes:
    """A list of papers as a UTF-8 .bib file.

    Args:
        papers: In the order of the list.

    Returns:
        One entry a paper, separated by empty lines; empty for no papers.
    """
    return "\n".join(_entry(reference) for reference in references(papers)).encode("utf-8")


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the papers."""
    return papers_bibtex(material.papers)


def _entry(reference: Reference) -> str:
    lines = [f"  {name} = {value}," for name, value in _fields(reference)]
    return "\n".join([f"@{_ENTRY_TYPES[reference.kind]}{{{reference.key},", *lines, "}\n"])


def _fields(reference: Reference) -> Iterator[tuple[str, str]]:
    # Two pairs of braces: styles that write titles in lower case leave BERT and LoRA alone.
    yield "title", f"{{{{{latex_text(reference.title)}}}}}"
    if reference.authors:
        yield "author", "{" + " and ".join(map(_author, reference.authors)) + "}"
    if reference.year is not None:
        yield "year", f"{{{reference.year}}}"
    if reference.month is not None:
        yield "month", _MONTHS[reference.month - 1]
    if reference.venue:
        yield _VENUE_FIELDS[reference.kind], f"{{{latex_text(reference.venue)}}}"
    if reference.doi:
        yield "doi", f"{{{_verbatim(reference.doi)}}}"
    if reference.arxiv:
        yield "eprint", f"{{{_verbatim(reference.arxiv)}}}"
        yield "archiveprefix", "{arXiv}"
    if reference.url:
        yield "url", f"{{{_verbatim(reference.url)}}}"
    if reference.keywords:
        yield "keywords", f"{{{latex_text(', '.join(reference.keywords))}}}"


def _author(name: str) -> str:
    """A name; one that BibTeX would take apart wrongly goes into braces, whole."""
    escaped = latex_text(name)
    return f"{{{escaped}}}" if "," in name or _LIST_WORD.search(name) else escaped


def _verbatim(text: str) -> str:
    r"""An id or URL, which styles set verbatim: nothing escaped, what could break out encoded."""
    return _NOT_VERBATIM.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8")), text)
