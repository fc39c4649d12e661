"""Where a harvest of a proceedings site stands: which paper of the sorted list comes next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from foundation.errors import ConfigurationError

_TEXT = re.compile(r"paper=\d{1,6}&of=\d{1,6}&list=[0-9a-f]{12}(?:&lost=\d{1,6})?")


@dataclass(frozen=True)
class PaperPosition:
    """Which paper of the list comes next.

    Attributes:
        paper: Its place in the sorted list, from 0.
        of: How many papers the list has.
        list: Hash of the list: another list, other places.
        lost: Papers so far without a title, authors or an abstract.
    """

    paper: int
    of: int
    list: str
    lost: int = 0

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text is a position at all, rather than the name of a file."""
        return _TEXT.fullmatch(text) is not None

    @classmethod
    def from_text(cls, text: str) -> PaperPosition:
        """Read a position.

        Raises:
            ConfigurationError: It is none.
        """
        if not cls.is_one(text):
            raise ConfigurationError(
                "the stored position of the harvest of proceedings cannot be read",
                hint="Start the slice from the beginning.",
                position=text,
            )
        values = dict(parse_qsl(text))
        return cls(int(values["paper"]), int(values["of"]), values["list"], int(values.get("lost", "0")))

    @property
    def text(self) -> str:
        """The position in the form in which the store keeps it."""
        values = {"paper": self.paper, "of": self.of, "list": self.list, "lost": self.lost}
        return urlencode({name: value for name, value in values.items() if name != "lost" or value})
