"""`landscape digest`: the week or month as HTML or text."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import click

from cli.shared import DAY, opened_store, writable_parent, write_atomically
from foundation.clock import utc_now
from foundation.settings import load_settings
from workflow.digests import Digest, digest_html, digest_text, make_digest, send_digest


def run(period: Literal["weekly", "monthly"], last: date | None) -> Digest:
    """Gather a digest.

    Args:
        period: weekly or monthly.
        last: Last day, or None for yesterday.

    Returns:
        The digest.
    """
    from datetime import timedelta

    from taxonomy.loader import load_taxonomy

    now = utc_now()
    with opened_store() as store, store.read() as session:
        day = last or now.date() - timedelta(days=1)
        return make_digest(session, load_taxonomy(), period, day, now=now)


@click.command("digest", epilog="Example: landscape digest weekly --out week.html")
@click.argument("period", type=click.Choice(["weekly", "monthly"]))
@click.option("--until", "last", type=DAY, help="Last day; yesterday when not given.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write: .html, or text.")
@click.option("--send", is_flag=True, help="Send it by mail as well (LANDSCAPE_MAIL__…).")
def command(period: Literal["weekly", "monthly"], last: date | None, out: Path | None, send: bool) -> None:
    """Write what moved in a week or month, what is new to saved searches, and how harvests fared."""
    if out is not None:
        writable_parent(out)
    digest = run(period, last)
    if out is not None:
        html = out.suffix.lower() in (".html", ".htm")
        content = (digest_html(digest) if html else digest_text(digest)).encode()
        write_atomically(out, content)
        click.echo(f"{out}: {len(content):,} bytes")
    elif not send:
        click.echo(digest_text(digest), nl=False)
    if send:
        click.echo(f"sent to {', '.join(send_digest(digest, load_settings().mail))}")
