"""Reads the small Markdown of the topic pages into paragraphs, lists and runs of text. Pure.

Only what the pages use has a meaning: paragraphs, bullets, emphasis and links. Everything else,
HTML above all, stays text; what shows it escapes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Emphasis = Literal["", "em", "strong", "code"]

_BULLET = re.compile(r"[-*] +")
_INLINE = re.compile(
    r"\[(?P<label>[^\[\]]+)\]\((?P<target>[^()\s]+)\)"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<em>[^*\s][^*]*)\*"
    r"|(?<!\w)_(?P<underlined>[^_\s][^_]*)_(?!\w)"
    r"|`(?P<code>[^`]+)`"
)
_PAPER, _WEB = "paper:", ("https://", "http://")


@dataclass(frozen=True)
class Run:
    """A run of text.

    Attributes:
        text: What is read.
        emphasis: How it is set.
        paper: Library paper that it links to, `scheme:value`, or None.
        url: Web address that it links to, or None.
    """

    text: str
    emphasis: Emphasis = ""
    paper: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph (one item) or a bulleted list (an item a bullet).

    Attributes:
        bulleted: Whether it is a list.
        items: Runs of text, in order.
    """

    bulleted: bool
    items: tuple[tuple[Run, ...], ...]


def read_prose(text: str) -> tuple[Block, ...]:
    """Read the text under a heading.

    Args:
        text: Markdown of a topic page, without headings.

    Returns:
        Its blocks in order. Lines of a paragraph are joined; a line without a bullet under a
        bullet belongs to it.
    """
    blocks: list[tuple[bool, list[str]]] = []
    fresh = True
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            fresh = True
            continue
        bullet = _BULLET.match(stripped)
        if bullet:
            item = stripped[bullet.end() :]
            if fresh or not blocks[-1][0]:
                blocks.append((True, [item]))
            else:
                blocks[-1][1].append(item)
        elif fresh:
            blocks.append((False, [stripped]))
        else:
            blocks[-1][1][-1] += f" {stripped}"
        fresh = False
    return tuple(Block(bulleted, tuple(map(read_runs, items))) for bulleted, items in blocks)


def read_runs(text: str) -> tuple[Run, ...]:
    """Read emphasis and links of a line.

    Args:
        text: One paragraph or bullet.

    Returns:
        Its runs in order. A link that leads to neither a paper nor a web page keeps its words
        and loses its target.
    """
    runs: list[Run] = []
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            runs.append(Run(text[end : match.start()]))
        runs.append(_run(match))
        end = match.end()
    if end < len(text):
        runs.append(Run(text[end:]))
    return tuple(runs)


def _run(match: re.Match[str]) -> Run:
    label, target = match["label"], match["target"]
    if label is not None:
        if target.startswith(_PAPER):
            return Run(label, paper=target.removeprefix(_PAPER))
        return Run(label, url=target if target.startswith(_WEB) else None)
    if match["strong"] is not None:
        return Run(match["strong"], "strong")
    if match["code"] is not None:
        return Run(match["code"], "code")
    return Run(match["em"] or match["underlined"], "em")
