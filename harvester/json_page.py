"""JSON as a stranger sends it: read strictly and whole, or not at all."""

from __future__ import annotations

import json
from typing import Any

from harvester.xml import DamagedPageError


def parse_json(payload: bytes, *, what: str) -> Any:
    """Read a whole JSON document.

    Args:
        payload: Its bytes, UTF-8, with or without a byte order mark.
        what: What it should be, for the error.

    Returns:
        Plain data.

    Raises:
        DamagedPageError: Not UTF-8, not JSON, cut, or nested too deeply.
    """
    try:
        return json.loads(payload.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise DamagedPageError(f"{what} is not UTF-8", position=error.start) from error
    except RecursionError as error:
        raise DamagedPageError(f"{what} is nested too deeply") from error
    except ValueError as error:
        raise DamagedPageError(f"{what} is damaged: {error}", size_bytes=len(payload)) from error


def canonical_json(value: Any) -> bytes:
    """The same data, the same bytes, whatever the order of names and the spacing."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
