"""`landscape link`: a person's word that two papers are one work."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from cli.shared import json_option, opened_store, print_json

if TYPE_CHECKING:
    from db.regroup import Regrouped

by_option = click.option("--by", default=getpass.getuser, show_default="your user name", help="Who says so.")
reason_option = click.option("--reason", default="", help="Why; kept in the history.")


@click.command("link", epilog="Example: landscape link arxiv:2303.01248 2023.acl-long.1 --reason 'same text'")
@click.argument("a")
@click.argument("b")
@by_option
@reason_option
@json_option
def command(a: str, b: str, by: str, reason: str, as_json: bool) -> None:
    """Say that A and B, ids of two papers, are one work: from now on they are one paper.

    `landscape unlink A B` takes it back; nothing is lost either way.
    """
    from db.links import link
    from foundation.clock import utc_now

    with opened_store() as store, store.write() as session:
        done = link(session, a, b, by=by, at=utc_now(), reason=reason)
    report(done, "they are one paper now", "they are one paper already; your word is kept", as_json=as_json)


def report(done: Regrouped, changed: str, unchanged: str, *, as_json: bool) -> None:
    """Say what became of a decision.

    Args:
        done: What moved.
        changed: The sentence when something moved.
        unchanged: The sentence when nothing had to move.
        as_json: Whether to print JSON instead.
    """
    if as_json:
        print_json(done)
    else:
        click.echo(changed if done.joined or done.parted else unchanged)
