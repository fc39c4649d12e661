"""Where the reading of a venue on OpenReview stands: an offset, and what was seen before it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import sha256

from foundation.errors import SuspectAnswerError

# Bytes of an id's digest that are kept. Of 6,000 papers, the size of the largest venue, two share
# 40 bits with a chance of 2e-5; the worst that follows is that the venue is read once more.
_MARK_BYTES = 5


@dataclass(frozen=True)
class OpenReviewPosition:
    """A place in a venue's list.

    Notes come by offset, and a list that is edited shifts under its readers. So each page begins
    with the last note of the page before, what was seen is remembered, and the end counts only if
    as many different notes were seen as there are.

    Attributes:
        offset: First note of the next page.
        total: How many there are, as the first page said; None before it.
        seen: Marks of the notes seen.
        last: Mark of the last note seen, with which the next page must begin; empty at first.
        restarts: How often the list was read anew because it had changed.
    """

    offset: int = 0
    total: int | None = None
    seen: frozenset[bytes] = frozenset()
    last: bytes = b""
    restarts: int = 0

    @property
    def text(self) -> str:
        """The position as the cursor keeps it."""
        marks = base64.b85encode(b"".join(sorted(self.seen))).decode("ascii")
        return json.dumps(
            {
                "offset": self.offset,
                "total": self.total,
                "restarts": self.restarts,
                "last": self.last.hex(),
                "seen": marks,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> OpenReviewPosition:
        """Read a position.

        Raises:
            SuspectAnswerError: It is none; nothing but a damaged store can say so.
        """
        try:
            values = json.loads(text)
            marks = base64.b85decode(values["seen"])
            seen = frozenset(marks[at : at + _MARK_BYTES] for at in range(0, len(marks), _MARK_BYTES))
            return cls(
                int(values["offset"]),
                None if values["total"] is None else int(values["total"]),
                seen,
                bytes.fromhex(values["last"]),
                int(values["restarts"]),
            )
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise SuspectAnswerError("the harvest's position cannot be read", position=text) from error


def mark(identity: str) -> bytes:
    """What is remembered of a note's id."""
    return sha256(identity.encode("utf-8", "surrogatepass")).digest()[:_MARK_BYTES]
