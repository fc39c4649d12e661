"""Rejected records, made in one way by all parsers."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from papers.record import REJECT_PAYLOAD_LIMIT_BYTES, RejectedRecord, WireRecord

VALUE_LIMIT_CHARACTERS = 500


class RecordFaultError(Exception):
    """Why one record cannot be read. Raised and caught within a parser: a page goes on without it.

    Args:
        reason: What is wrong, one sentence.
        field: The field at fault.
        value: The value at fault.
    """

    def __init__(self, reason: str, field: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field, self.value = reason, field, value


def reject_for(wire: WireRecord, error: RecordFaultError | ValidationError) -> RejectedRecord:
    """Quarantine a record for what its parser or its draft found.

    Args:
        wire: The record.
        error: The parser's fault, or the draft's validation error (its first finding counts).

    Returns:
        The rejected record.
    """
    if isinstance(error, RecordFaultError):
        return reject(wire, error.reason, error.field, error.value)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return reject(wire, f"the record does not fit: {first['msg']}", place, str(first.get("input", "")))


def reject(wire: WireRecord, reason: str, field: str = "", value: str = "") -> RejectedRecord:
    """Quarantine a record with its bytes.

    Args:
        wire: The record; bytes beyond `REJECT_PAYLOAD_LIMIT_BYTES` are cut off.
        reason: What was wrong, one sentence.
        field: The field at fault, or empty.
        value: The value at fault; cut to 500 characters.

    Returns:
        The rejected record.
    """
    if len(wire.payload) > REJECT_PAYLOAD_LIMIT_BYTES:
        wire = replace(wire, payload=wire.payload[:REJECT_PAYLOAD_LIMIT_BYTES])
    return RejectedRecord(wire=wire, reason=reason, field=field, value=value[:VALUE_LIMIT_CHARACTERS])
