"""Rejected records, made in one way by all parsers."""

from __future__ import annotations

from dataclasses import replace

from papers.record import REJECT_PAYLOAD_LIMIT_BYTES, RejectedRecord, WireRecord

VALUE_LIMIT_CHARACTERS = 500


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
