"""HTML as a stranger sends it: whole, in UTF-8, bounded, and forgiven no more than browsers forgive.

HTML has no proof of its own against cuts, so a page must end with its `</html>`. What libxml2 calls
fatal (nesting of more than 256 elements, a text of more than 10 MB) is refused, since it drops the rest
of the page without a word.
"""

from __future__ import annotations

import re

from lxml import etree

from harvester.xml import DamagedPageError

LIMIT_BYTES = 16 * 1024 * 1024  # the index of NeurIPS 2025, the longest known page, has some 3 MB
_END = re.compile(rb"</html\s*>(?:\s|<!--(?:(?!-->).){0,10000}-->)*\Z", re.IGNORECASE | re.DOTALL)
_TAIL_BYTES = 16 * 1024


def parse_html(payload: bytes, *, what: str) -> etree._Element:
    """Read a whole HTML document.

    Args:
        payload: The document's bytes.
        what: What the document should be, for the error.

    Returns:
        The `<html>` element, without comments and processing instructions.

    Raises:
        DamagedPageError: Empty, too large, cut, not UTF-8, or nothing that can be read whole.
    """
    if not payload.strip():
        raise DamagedPageError(f"{what} is empty", size_bytes=len(payload))
    if len(payload) > LIMIT_BYTES:
        raise DamagedPageError(f"{what} is too large", size_bytes=len(payload), limit_bytes=LIMIT_BYTES)
    if _END.search(payload[-_TAIL_BYTES:]) is None:
        raise DamagedPageError(f"{what} is cut: it does not end with </html>", size_bytes=len(payload))
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedPageError(f"{what} is not in UTF-8: {error.reason}", byte=error.start) from error
    if "\x00" in text:
        raise DamagedPageError(f"{what} holds NUL characters")
    # Made anew for each document: an lxml parser must not be shared between threads.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DamagedPageError(f"{what} is no HTML: {' '.join(str(error).split())[:200]}") from error
    fatal = parser.error_log.filter_from_fatals()
    if root is None or root.tag != "html" or len(fatal):
        story = fatal[0].message if len(fatal) else "it has no <html>"
        raise DamagedPageError(f"{what} cannot be read whole: {story.strip()}")
    return root


def html_hint(head: bytes) -> bool:
    """Whether the first bytes of a file look like HTML."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    return start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<!--") and b"<html" in start
    )
