"""`landscape mcp`: a read-only MCP server for assistants."""

from __future__ import annotations

import click

from cli.shared import opened_store

EPILOG = """\b
Example, in an assistant's configuration:
  {"mcpServers": {"landscape": {"command": "landscape", "args": ["mcp"]}}}
"""


@click.command("mcp", epilog=EPILOG)
def command() -> None:
    """Answer an assistant's questions over standard input and output (Model Context Protocol).

    Tools: search_papers, paper, landscape, place, what_moved, status. All of them only read.
    """
    from api.mcp_server import serve

    with opened_store() as store:
        serve(store)
