"""YAML front matter from strangers: plain mappings, lists and strings, and nothing else.

Every scalar is read as the text that stands there: a title of `2048`, `0` or `No` stays a title. Tags
(`!!python/…`), keys given twice, deep nesting and heaps of aliases are refused.
"""

from __future__ import annotations

from typing import Any

import yaml

from harvester.rejects import RecordFaultError

LIMIT_CHARACTERS = 256 * 1024
_ALIASES_LIMIT = 100  # the publisher's tool repeats an object now and then, by an alias
_DEPTH_LIMIT = 20
_FENCE = "---"
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _TextLoader(_Loader):  # type: ignore[misc]
    """No types, no tags; a key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping."""
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            keys = [str(key.value) for key, _ in node.value]
            twice = next((key for key in keys if keys.count(key) > 1), "")
            raise RecordFaultError("the front matter states a key twice", "front matter", twice)
        return dict(mapping)


def read_front_matter(content: bytes) -> dict[str, Any]:
    """Read the YAML between the two `---` lines at the beginning of a file.

    Args:
        content: The file's bytes.

    Returns:
        Values by key: strings, lists and mappings.

    Raises:
        RecordFaultError: There is none, it is not closed, or it is not plain YAML.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordFaultError("the post is not in UTF-8", "front matter", str(error)) from error
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != _FENCE:
        raise RecordFaultError("the post does not begin with front matter", "front matter", text[:60])
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == _FENCE), None)
    if end is None:
        raise RecordFaultError("the front matter is not closed", "front matter")
    matter = "".join(lines[1:end])
    if len(matter) > LIMIT_CHARACTERS:
        raise RecordFaultError("the front matter is too long", "front matter", str(len(matter)))
    try:
        _check_events(matter)
        found = yaml.load(matter, Loader=_TextLoader)  # noqa: S506 - a loader of strings alone
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        story = " ".join(str(error).split())[:200]
        raise RecordFaultError(f"the front matter is not YAML: {story}", "front matter") from error
    if not isinstance(found, dict):
        raise RecordFaultError("the front matter is no mapping", "front matter", str(found)[:60])
    return found


def _check_events(matter: str) -> None:
    """Look at the structure before anything is built of it."""
    depth = aliases = documents = 0
    for event in yaml.parse(matter, Loader=_Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise RecordFaultError("the front matter holds a tag, which is refused", "front matter", str(tag))
        if depth > _DEPTH_LIMIT or aliases > _ALIASES_LIMIT or documents > 1:
            raise RecordFaultError("the front matter is more than plain fields", "front matter")
