"""`landscape api`: a read-only HTTP JSON API."""

from __future__ import annotations

import click

from cli.app import refuse_taken
from cli.shared import opened_store


@click.command("api", epilog="Example: landscape api --port 8600")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8600, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
def command(host: str, port: int) -> None:
    """Serve a read-only JSON API with its OpenAPI document at /openapi.json.

    \b
    Which papers on X in cell Y since Z:
      curl 'http://127.0.0.1:8600/papers?q=low-rank&cell=training/model&since=2024-01-01'
    """  # noqa: D301 -- the backspace is click's mark for "do not fold these lines"
    from api.http import serve

    refuse_taken(host, port, "api")
    with opened_store() as store:
        click.echo(f"The API is at http://{host}:{port} (stop with Ctrl-C)")
        if host not in ("127.0.0.1", "localhost", "::1"):
            click.echo("Anyone who reaches this address can read it: there is no login.", err=True)
        serve(store, host, port)
