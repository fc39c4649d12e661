"""XML as a stranger sends it: read strictly and whole, or not at all.

No recovery from damage, no DOCTYPE (hence no entities and no external files), UTF-8 alone, no
network, libxml2's limits on depth (256) and text (10 MB a node) in force. Comments and
processing instructions are dropped while reading; text around them joins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

from foundation.errors import TransientSourceError

LIMIT_BYTES = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_WHITE_SPACE = b" \t\r\n"
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


class DamagedPageError(TransientSourceError):
    """A page is cut, damaged, or not what the source serves. Nothing of it counts."""


def parse_xml(payload: bytes, root_names: frozenset[str], *, what: str) -> etree._Element:
    """Read a whole XML document.

    Args:
        payload: The document's bytes.
        root_names: Names that the root element may have, in Clark notation.
        what: What the document should be, for the error.

    Returns:
        The root element, without comments and processing instructions.

    Raises:
        DamagedPageError: Empty, too large, not UTF-8, not well formed, with a DOCTYPE, or with
            another root.
    """
    _check_prolog(payload, what)
    try:
        root = etree.fromstring(payload, _parser())
    except etree.XMLSyntaxError as error:
        raise DamagedPageError(f"{what} is damaged: {_story(error)}", size_bytes=len(payload)) from error
    except (ValueError, LookupError) as error:  # an encoding that lxml does not know
        raise DamagedPageError(f"{what} cannot be read: {_story(error)}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise DamagedPageError(f"{what} has a DOCTYPE, which is refused")
    if root.tag not in root_names:
        raise DamagedPageError(f"{what} has another root element than it should", root=root.tag)
    return root


def element_children(element: etree._Element) -> Iterator[etree._Element]:
    """Child elements; entity references and other nodes without a name are left out."""
    for child in element:
        if isinstance(child.tag, str):
            yield child


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def full_text(
    element: etree._Element,
    known: frozenset[str],
    unknown: Counter[str],
    special: dict[str, Callable[[str], str]] | None = None,
) -> str:
    """All text of an element, markup and all, nothing lost.

    Args:
        element: The element.
        known: Names of markup that is expected within it.
        unknown: Counts names that are not.
        special: How to read the text of certain markup, by its name.

    Returns:
        The text as it stands, not cleaned.
    """
    if not len(element):
        return element.text or ""
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            name = local_name(child)
            if name not in known:
                unknown[name] += 1
            inner = full_text(child, known, unknown, special)
            pieces.append(special[name](inner) if special and name in special else inner)
        pieces.append(child.tail or "")
    return "".join(pieces)


def canonical(element: etree._Element) -> bytes:
    """An element as exclusive canonical XML (W3C xml-exc-c14n), so that one content has one digest.

    Exclusive, because what the document around it declares must not change the digest; libxml2's
    inclusive form also writes a wrong `xmlns=""` where an element is taken out of its document.

    Args:
        element: The element; what follows it is left out.

    Returns:
        UTF-8 bytes. An element with a relative namespace name has no canonical form by that
        standard; it comes as it stands.
    """
    try:
        return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
    except etree.C14NError:
        return etree.tostring(element, encoding="utf-8", xml_declaration=False, with_tail=False)


def _parser() -> etree.XMLParser:
    # Made anew for each document: an lxml parser must not be shared between threads.
    return etree.XMLParser(
        recover=False,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _check_prolog(payload: bytes, what: str) -> None:
    """Refuse before libxml2 sees it what it would have to be trusted with."""
    if len(payload) > LIMIT_BYTES:
        raise DamagedPageError(f"{what} is too large", size_bytes=len(payload), limit_bytes=LIMIT_BYTES)
    start = payload.removeprefix(_BOM).lstrip(_WHITE_SPACE) if len(payload) < 4096 else payload[:4096]
    head = start.removeprefix(_BOM).lstrip(_WHITE_SPACE)
    if not head:
        raise DamagedPageError(f"{what} is empty", size_bytes=len(payload))
    if not head.startswith(b"<"):
        raise DamagedPageError(f"{what} is no XML", begins=head[:60].decode("utf-8", "replace"))
    declared = _DECLARED.match(head)
    if declared and declared[1].lower() not in _ENCODINGS:
        raise DamagedPageError(f"{what} is not in UTF-8", encoding=declared[1].decode("ascii"))
    position = payload.find(b"<")
    while True:
        if payload.startswith(b"<?", position):
            end = payload.find(b"?>", position)
        elif payload.startswith(b"<!--", position):
            end = payload.find(b"-->", position + 4)
        elif payload.startswith(b"<!", position):
            raise DamagedPageError(f"{what} has a DOCTYPE, which is refused")
        else:
            return
        position = payload.find(b"<", end) if end >= 0 else -1
        if position < 0:
            raise DamagedPageError(f"{what} has no root element", size_bytes=len(payload))


def _story(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


_FIRST_ELEMENT = re.compile(rb"<(?![?!])(?:[A-Za-z_][\w.-]*:)?(?P<name>[A-Za-z_][\w.-]*)(?P<rest>[^>]*)")


def root_hint(head: bytes) -> tuple[str, bytes]:
    """What the first bytes of a file say about its root element, without parsing.

    Args:
        head: The beginning of a file.

    Returns:
        Local name and the bytes of the attributes; empty where no element is seen.
    """
    plain = head.removeprefix(_BOM).lstrip(_WHITE_SPACE)
    if not plain.startswith(b"<"):
        return "", b""
    found = _FIRST_ELEMENT.search(re.sub(rb"<!--.*?-->", b"", plain, flags=re.DOTALL))
    return ("", b"") if found is None else (found["name"].decode("ascii", "replace"), found["rest"])
