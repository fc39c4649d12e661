"""Text and links of papers on their way into a file that some program will open.

Titles, labels and links come from outside. What a sink cannot hold is taken out here, once, so
that no export is refused, damaged or made to act because of one paper.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# Core properties of an OPC package hold at most this many characters; python-pptx raises beyond.
PROPERTY_LIMIT = 255
# What PowerPoint and Internet Explorer's old limit agree on; longer links do not open anywhere.
LINK_LIMIT = 2083

# XML 1.0 cannot hold these (section 2.2), or holds them only to confuse: C0 and C1 controls, DEL,
# surrogates, noncharacters, byte order mark, and the bidi embeddings, overrides and isolates that
# reorder text outside their own label. LRM, RLM, ZWJ and ZWNJ stay: Arabic, Persian, Hindi and
# emoji need them.
_NONCHARACTERS = "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17)
)
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\u202a-\u202e\u2066-\u2069"
    + re.escape(_NONCHARACTERS)
    + "]"
)
_LINE_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# In a link any control, separator or backslash is a trick: browsers drop or turn them.
_LINK_FORBIDDEN = re.compile("[\x00-\x20\x7f-\xa0\\\\\ud800-\udfff\u2028\u2029\ufeff]")
# Reserved and unreserved characters of RFC 3986; everything else is percent-encoded.
_LINK_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def safe_text(text: str, *, multiline: bool = False, limit: int | None = None) -> str:
    """Take out of a text what slides, notes, XML and property fields cannot hold.

    Args:
        text: Any string, lone surrogates and NUL included.
        multiline: Keep line breaks (as line feeds) and tabs; otherwise every run of white space
            becomes one space.
        limit: Cut to this many characters, the last one an ellipsis; None means no limit.

    Returns:
        Text that is valid XML 1.0 and UTF-8.
    """
    # A surrogate pair, as careless JSON gives it, is one good character; a lone one is U+FFFD.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _FORBIDDEN.sub("", _LINE_BREAKS.sub("\n", text))
    if not multiline:
        text = " ".join(text.split())
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)].rstrip() + "…"
    return text


def safe_property(text: str) -> str:
    """A text as a document property: one line of at most 255 characters."""
    return safe_text(text, limit=PROPERTY_LIMIT)


def safe_link(url: str | None) -> str | None:
    """A link that may stand in a file, or nothing.

    Args:
        url: Any string.

    Returns:
        The absolute http or https URL, percent-encoded where it was not ASCII; None for every
        other scheme, for relative and protocol-relative links, for links with user names, white
        space, control characters or backslashes, and for links over 2,083 characters.
    """
    if not url or _LINK_FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
        port = parts.port
    except (ValueError, UnicodeError):  # a port or an address that is none, a host no IDN can be
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port is None else f"{host}:{port}"
    encoded = quote(parts._replace(netloc=netloc).geturl(), safe=_LINK_SAFE)
    return encoded if len(encoded) <= LINK_LIMIT else None
