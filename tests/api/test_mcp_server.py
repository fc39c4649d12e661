"""The MCP server, spoken to by the official client: in this process, and over standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from api.mcp_server import create_server
from db.engine import Store

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {"search_papers", "paper", "landscape", "place", "what_moved", "status"}


def ask(server: Any, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call tools one after the other; gives the results."""

    async def talk() -> list[Any]:
        async with Client(server) as client:
            listed = await client.list_tools()
            assert {tool.name for tool in listed.tools} == TOOLS
            assert all(tool.annotations.read_only_hint for tool in listed.tools)
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(talk())


def test_every_tool_answers(store: Store) -> None:
    results = ask(
        create_server(store),
        ("search_papers", {"query": "sheep", "since": "2024-03-01", "limit": 5}),
        ("paper", {"paper_id": "arxiv:1"}),
        ("landscape", {}),
        ("place", {"place_id": "training/data"}),
        ("what_moved", {"since": "2026-02-01"}),
        ("status", {}),
    )
    assert not any(result.is_error for result in results)
    found, paper, landscape, place, moved, status = (result.structured_content for result in results)
    assert all(each["published"] is None or each["published"] >= "2024-03-01" for each in found["papers"])
    assert found["papers"][0]["evidence"].startswith("We count sheep")
    assert paper["labels"][0]["evidence"][0]["text"] == "We count sheep number 0."
    assert len(landscape["cells"]) == 18
    assert (place["label"], place["n_papers"]) == ("Training Pipeline × Data", 4)
    assert moved["n_new"] == 1
    assert status["papers"] == 12


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("paper", {"paper_id": "arxiv:none"}, "no paper in the store"),
        ("place", {"place_id": "training/nothing"}, "no such cell"),
        ("search_papers", {"limit": 100_000}, "limit"),
        ("search_papers", {"since": "yesterday"}, "since"),
        ("what_moved", {"since": "2999-01-01"}, "later moment"),
    ],
)
def test_what_cannot_be_answered_is_an_error_that_says_why(
    store: Store, tool: str, arguments: dict[str, Any], words: str
) -> None:
    (result,) = ask(create_server(store), (tool, arguments))
    assert result.is_error
    assert words in result.content[0].text


def test_landscape_mcp_speaks_over_standard_input_and_output(store: Store) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from cli.main import main; main(['mcp'])"],
        cwd=str(ROOT),
        env={
            "PATH": os.environ["PATH"],
            "LANDSCAPE_HOME": os.environ["LANDSCAPE_HOME"],
            "LANDSCAPE_DATABASE_URL": str(store.url),
        },
    )
    (result,) = ask(server, ("status", {}))
    assert result.structured_content["papers"] == 12
