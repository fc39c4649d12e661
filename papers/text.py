"""Text of papers made fit to keep: cleaned once at the door, never changed afterwards.

What `clean_text` takes out, because it is invisible, breaks a sink (XML, PPTX, SQLite) or
reorders what a reader sees:

* C0 and C1 controls and NUL (those that are white space become a space);
* lone surrogates, which no encoding can write;
* noncharacters: U+FDD0..U+FDEF and the last two code points of every plane (U+FFFE, U+FFFF ...);
* bidirectional controls: U+061C, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069;
* zero-width and invisible characters: U+00AD soft hyphen, U+034F, U+180E, U+200B..U+200D,
  U+2060..U+2065, U+206A..U+206F, U+FEFF, U+FFF9..U+FFFB, and the tag characters
  U+E0000..U+E007F, which can carry hidden instructions.

Caps (an LHC paper has some 3,000 authors, a damaged record may have a title of a megabyte):
titles 1,000 characters, abstracts 20,000 characters, 2,000 authors, names of people and venues 300
characters. Capped text ends in an
ellipsis, so that a reader sees it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.macrospec import LatexContextDb

TITLE_LIMIT_CHARACTERS = 1_000
ABSTRACT_LIMIT_CHARACTERS = 20_000
AUTHORS_LIMIT = 2_000
NAME_LIMIT_CHARACTERS = 300

_NONCHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_STRIPPED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f" + _NONCHARACTERS + "]"
)
# Left-overs of one escape too many, closed by a semicolon and of a kind that no prose means
# literally. `&(amp;)*` first, so that a chain of any length unwinds in one step.
_AMPERSAND = r"(?:(?:amp|#0*38|#x0*26);)"
_ENTITY = re.compile(
    rf"&{_AMPERSAND}*(lt|gt|quot|apos|nbsp|ndash|mdash|#[0-9]{{1,7}}|#x[0-9a-f]{{1,6}});|&{_AMPERSAND}+",
    re.IGNORECASE,
)
_ENTITY_PASSES = 4  # entities inside entities inside entities are an attack, not text

_LATEX_SIGN = re.compile(r"[\\${}]|``|''|---?|(?<=\S)~(?=\S)")
# Pandoc's rule for `$`: math does not begin or end with white space, nor stand before a digit
# (unless it holds a macro), so that "$5 and $10" stays money.
_MATH = re.compile(
    r"(?<!\\)\$\$?(?=[^\s$])(?:([^$\\]{0,500}?)(?<=[^\s$])\$\$?(?!\d)|([^$]{0,500}?)(?<=[^\s\\$])\$\$?)"
)
_TIE = re.compile(r"(?<=[\w.)\]}])~(?=[\w\\($\[{])")
_PROSE_SPECIAL = re.compile(r"(?<!\\)([%&#])")
_LINK = re.compile(r"\\href\s*\{[^{}]*\}\s*(?=\{)")
_BRACES = re.compile(r"(?<!\\)[{}]")
_LATEX_LIMIT_CHARACTERS = 50_000  # beyond any abstract; keeps one bad record from costing seconds
_LATEX_NESTING_LIMIT = 50  # pylatexenc recurses per brace

_ABBREVIATION = re.compile(
    r"al|approx|ca|cf|ch|chap|conf|dept|dr|eds?|e\.?g|eqs?|esp|ex|figs?|i\.?e|i\.i\.d|incl|jr|max|min|mr|mrs|ms|nos"
    r"|pp?|prof|prop|refs?|resp|sect?|sr|st|s\.t|tab|thm|v|viz|vols?|vs|w\.?r\.?t|a\.k\.a|[ue]\.[sku]|ph\.d",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"(?P<mark>[.!?…]+)(?P<close>[\"'”’)\]}]*)(?P<gap>\s+)(?=(?P<next>\S))"  # as Latin scripts write it
    r"|(?P<cjk>[。！？]+)"  # no space follows these
)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_NO_PUNCTUATION = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
_LAST_WORD = re.compile(r"[\w.]*$")

Item = TypeVar("Item")


def clean_text(text: str) -> str:
    """Make a text fit to keep: one line, NFC, nothing invisible.

    Args:
        text: Text as a source gave it, after its own escaping was undone.

    Returns:
        The text in NFC, without the characters named in the module's docstring, white space
        folded to single spaces and trimmed, left-over entities (`&amp;`, `&lt;`, `&#39;` ...)
        undone. Cleaning a clean text changes nothing.
    """
    if (
        text.isprintable()  # nothing that is stripped is, but for U+034F; no white space but the space
        and "&" not in text
        and "  " not in text
        and (text.isascii() or ("\u034f" not in text and unicodedata.is_normalized("NFC", text)))
    ):
        return text.strip(" ")  # most text, at a tenth of the cost
    text = _STRIPPED.sub("", text)
    for _ in range(_ENTITY_PASSES):
        if "&" not in text:
            break
        before = text
        text = _STRIPPED.sub("", _ENTITY.sub(_entity, text))
        if text == before:
            break
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def latex_to_text(text: str) -> str:
    r"""Read LaTeX as text: accents, simple macros, math in readable form.

    `Schr\"odinger` becomes Schrödinger, `$\alpha$-divergence` α-divergence, `{BERT}` BERT.
    A `%` or `&` of prose is no comment and no tab stop, `$5 and $10` is money, and a macro
    that is not known keeps its name.

    Args:
        text: Text that may hold LaTeX.

    Returns:
        Cleaned text. Where the LaTeX cannot be read, or where reading it would leave nothing,
        the cleaned input.
    """
    plain = clean_text(text)
    if not _LATEX_SIGN.search(plain) or len(plain) > _LATEX_LIMIT_CHARACTERS:
        return plain
    try:
        read = clean_text(_latex_reader().latex_to_text(_as_document(plain), latex_context=_latex_macros()))
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
        # pylatexenc raises whatever its internals meet on text that only looks like LaTeX; such
        # text is kept as it came, which is what a reader would have seen anyway.
        return plain
    return read or plain


def title_key(title: str) -> str:
    """The form in which titles are compared: letters and digits alone, case and accents folded.

    `BERT: Pre-training …` and `Bert : Pretraining …` have one key. Spaces go too, since
    sources disagree on `vision-language` and `vision language`.

    Args:
        title: A title in any form, LaTeX accents included.

    Returns:
        A key without spaces; for a title without a letter or digit the folded title itself.
    """
    clean = clean_text(title)
    if clean.isascii():
        return clean.lower().translate(_NO_PUNCTUATION) or clean.lower()
    folded = unicodedata.normalize("NFKD", clean).casefold()
    key = _NOT_ALPHANUMERIC.sub("", folded)
    return unicodedata.normalize("NFC", key) if key else folded


def sentences(text: str) -> list[str]:
    """Cut an abstract into sentences.

    A full stop, exclamation or question mark ends a sentence where white space and then no
    lower-case letter follows, unless the word before it is a known abbreviation (`e.g.`,
    `et al.`, `Fig.`) or an initial (`J.`). Decimals and ids hold no white space and stay whole.

    Args:
        text: An abstract, clean or not.

    Returns:
        Sentences in order, each a verbatim substring of `text` without white space around it.
        Together they hold every character of `text` that is not white space.
    """
    found: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match["cjk"] is None and not _ends_sentence(text, start, match):
            continue
        end = match.end() if match["cjk"] is not None else match.start("gap")
        found.append(text[start:end].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def cap_text(text: str, limit_characters: int) -> str:
    """Cut a text that is longer than it may be.

    Args:
        text: Clean text.
        limit_characters: The most it may have.

    Returns:
        The text, or its beginning up to a word's end followed by an ellipsis, within the limit.
    """
    if len(text) <= limit_characters:
        return text
    head = text[: limit_characters - 1]
    at_word = head.rfind(" ")
    if at_word > limit_characters // 2:
        head = head[:at_word]
    return head.rstrip() + "…"


def cap_title(title: str) -> str:
    """A title within `TITLE_LIMIT_CHARACTERS`."""
    return cap_text(title, TITLE_LIMIT_CHARACTERS)


def cap_abstract(abstract: str) -> str:
    """An abstract within `ABSTRACT_LIMIT_CHARACTERS`."""
    return cap_text(abstract, ABSTRACT_LIMIT_CHARACTERS)


def cap_name(name: str) -> str:
    """The name of a person or venue within `NAME_LIMIT_CHARACTERS`."""
    return cap_text(name, NAME_LIMIT_CHARACTERS)


def cap_authors(authors: Sequence[Item]) -> tuple[Item, ...]:
    """The first `AUTHORS_LIMIT` authors, in order of print."""
    return tuple(authors[:AUTHORS_LIMIT])


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    return "&" if name is None else unescape(f"&{name.lower()};")


def _as_document(text: str) -> str:
    """Prose with stray specials escaped, so that LaTeX reads what a reader reads."""
    text = _LINK.sub("", text)
    pieces: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        if match[1] is None and "\\" not in match[2]:
            continue
        pieces.append(_as_prose(text[end : match.start()]))
        formula = _PROSE_SPECIAL.sub(r"\\\1", match[1] if match[1] is not None else match[2])
        pieces.append(f"${formula}$")
        end = match.end()
    pieces.append(_as_prose(text[end:]))
    document = "".join(pieces)
    if not _balanced(document):
        document = _BRACES.sub("", document)
    return document


def _as_prose(text: str) -> str:
    text = _TIE.sub(" ", text)
    text = _PROSE_SPECIAL.sub(r"\\\1", text)
    text = re.sub(r"(?<!\\)\$", r"\\$", text)
    return re.sub(r"(?<!\\)~", r"\\textasciitilde{}", text)


def _balanced(text: str) -> bool:
    depth = 0
    for match in _BRACES.finditer(text):
        depth += 1 if match[0] == "{" else -1
        if depth < 0 or depth > _LATEX_NESTING_LIMIT:
            return False
    return depth == 0


@lru_cache(maxsize=1)
def _latex_reader() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    context = get_default_latex_context_db()
    context.add_context_category(
        "papers",
        prepend=True,
        macros=[
            MacroTextSpec("url", simplify_repl="%s"),
            MacroTextSpec("href", simplify_repl="%(2)s"),
            *(
                MacroTextSpec(name, simplify_repl="")
                for name in ("cite", "citet", "citep", "label", "footnotemark")
            ),
        ],
    )
    context.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=_unknown_macro))
    return LatexNodes2Text(latex_context=context, math_mode="text", strict_latex_spaces=False)


@lru_cache(maxsize=1)
def _latex_macros() -> LatexContextDb:
    """The macros of LaTeX: made once, since pylatexenc makes them anew for every text (0.5 ms)."""
    from pylatexenc.latexwalker import get_default_latex_context_db

    return get_default_latex_context_db()


def _unknown_macro(node: object) -> str:
    """The name of a macro that only its authors know: better than a hole."""
    return str(getattr(node, "macroname", ""))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = match["next"]
    if following.islower():
        return False
    if match["mark"] != "." or match["close"]:
        return True
    before = _LAST_WORD.search(text, max(start, match.start() - 40), match.start())
    word = before[0] if before else ""
    if _ABBREVIATION.fullmatch(word):
        return False
    if word.lower() == "no" and following.isdigit():
        return False
    # A lone capital is an initial ("J. Doe"), except "I" and the closing words of "hypothesis A."
    return not (len(word) == 1 and word.isalpha() and word.isupper() and following.isupper())
