"""`landscape unlink`: a person's word that two papers are not one work."""

from __future__ import annotations

import click

from cli.link import by_option, reason_option, report
from cli.shared import json_option, opened_store


@click.command("unlink", epilog="Example: landscape unlink arxiv:2303.01248 2023.acl-long.1")
@click.argument("a")
@click.argument("b")
@by_option
@reason_option
@json_option
def command(a: str, b: str, by: str, reason: str, as_json: bool) -> None:
    """Say that A and B, ids of records under one paper, are two works: each gets its own paper back.

    The rule never joins them again. Records that share an id cannot be parted.
    """
    from db.links import unlink
    from foundation.clock import utc_now

    with opened_store() as store, store.write() as session:
        done = unlink(session, a, b, by=by, at=utc_now(), reason=reason)
    report(done, "they are two papers now", "they are two papers already; your word is kept", as_json=as_json)
