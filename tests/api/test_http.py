"""The HTTP API in this process: answers, refusals, feeds, and its own OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import feedparser
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from api.http import create_app
from db.engine import Store
from export.json_ import landscape_object
from landscape.grid import take_snapshot
from taxonomy.loader import load_taxonomy


@pytest.fixture
def app(store: Store) -> Starlette:
    return create_app(store)


@pytest.fixture
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:8600", raise_server_exceptions=False) as opened:
        yield opened


def test_the_landscape_is_the_snapshot_to_the_digit(client: TestClient, store: Store) -> None:
    answer = client.get("/landscape").json()
    with store.read() as session:
        expected = landscape_object(take_snapshot(session, load_taxonomy()))
    assert len(answer["cells"]) == 18
    assert {key: answer[key] for key in answer if key != "as_of"} == json.loads(
        json.dumps({key: expected[key] for key in expected if key != "as_of"})
    )
    assert (answer["papers"], answer["relevant"], answer["classified"]) == (12, 10, 11)


def test_which_papers_on_x_in_cell_y_since_z(client: TestClient) -> None:
    topic = load_taxonomy().topics[3]
    answer = client.get(
        "/papers", params={"q": "counting sheep", "cell": topic.cell, "since": "2024-04-01"}
    ).json()
    first = answer["papers"][0]
    assert answer["total"] == len(answer["papers"]) > 0
    assert all(
        paper["cell"] == topic.cell and paper["published"] >= "2024-04-01" for paper in answer["papers"]
    )
    assert first["evidence"].startswith("We count sheep")
    assert first["url"].startswith("https://example.org/")
    assert client.get("/papers", params={"since": "2024-04-01", "until": "2024-04-30"}).json()["total"] == 1
    assert client.get("/papers", params={"venue": "ICML"}).json()["total"] == 5
    assert client.get("/papers", params={"topic": topic.id}).json()["total"] == 1


def test_lists_are_paged_without_gaps(client: TestClient) -> None:
    whole = client.get("/papers", params={"limit": 200, "sort": "title"}).json()
    pieces: list[str] = []
    for offset in range(0, whole["total"], 3):
        piece = client.get("/papers", params={"limit": 3, "offset": offset, "sort": "title"}).json()
        pieces += [paper["id"] for paper in piece["papers"]]
    assert pieces == [paper["id"] for paper in whole["papers"]]
    assert len(pieces) == len(set(pieces)) == 10


def test_a_paper_comes_with_labels_evidence_and_links(client: TestClient) -> None:
    detail = client.get("/papers/arxiv:1").json()
    assert detail["labels"][0]["is_current"]
    assert detail["labels"][0]["evidence"][0]["text"] == "We count sheep number 0."
    assert detail["records"][0]["source"] == "arxiv"
    assert detail["paper"]["url"] == "https://example.org/0"


def test_hostile_text_is_data(client: TestClient) -> None:
    detail = client.get("/papers/doi:10.1/x(y)<z>;a").json()
    assert detail["paper"]["url"] is None
    assert "\x07" not in detail["paper"]["title"]
    assert "\x00" not in detail["abstract"]
    assert "</script>" in detail["paper"]["title"]
    feed = client.get("/feeds/all.atom")
    parsed = feedparser.parse(feed.content)
    assert not parsed.bozo
    assert not any("javascript" in link.href for entry in parsed.entries for link in entry.get("links", []))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cells/training/nothing", 404),
        ("/topics/training/data/nothing", 404),
        ("/papers/arxiv:none", 404),
        ("/papers?cell=training/nothing", 404),
        ("/papers?since=2025-01-01&until=2024-01-01", 400),
        ("/papers?since=yesterday", 422),
        ("/papers?limit=0", 422),
        ("/papers?limit=1000", 422),
        ("/landscape?as_of=2999-01-01", 400),
        ("/moved?since=2999-01-01", 400),
        ("/cells/%2e%2e/%2e%2e", 422),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if status in (400, 404):
        assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/landscape", "/papers", "/papers/arxiv:1", "/status"])
def test_nothing_can_be_changed(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 405


def test_only_loopback_names_are_answered_unless_told_otherwise(store: Store) -> None:
    with TestClient(create_app(store), base_url="http://evil.example") as client:
        assert client.get("/status").status_code == 400
    with TestClient(create_app(store, any_host=True), base_url="http://map.example") as client:
        assert client.get("/status").status_code == 200


@pytest.mark.parametrize(
    ("path", "n_entries"),
    [
        ("/feeds/all.atom", 10),
        ("/feeds/all.atom?q=counting&venue=ACL", 4),
        ("/feeds/cells/training/data", 4),
        ("/feeds/topics/training/data/synthetic", 1),
    ],
)
def test_feeds_are_valid_and_newest_first(client: TestClient, path: str, n_entries: int) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert len(parsed.entries) == n_entries
    assert len({entry.id for entry in parsed.entries}) == n_entries
    assert parsed.feed.links[0].rel == "self"
    assert parsed.feed.links[0].href.startswith("http://127.0.0.1:8600/feeds/")


def test_a_cell_and_a_topic_say_what_they_are(client: TestClient) -> None:
    cell = client.get("/cells/training/data").json()
    assert (cell["kind"], cell["n_papers"], len(cell["topics"])) == ("cell", 4, 3)
    topic = client.get("/topics/training/data/synthetic").json()
    assert (topic["kind"], topic["label"], topic["n_papers"]) == ("topic", "Synthetic", 1)
    assert len(topic["definition"]) > 40


def test_status_and_movement(client: TestClient) -> None:
    assert client.get("/status").json()["papers"] == 12
    moved = client.get("/moved", params={"since": "2026-02-01"}).json()
    assert moved["relevant_before"] == 9
    assert moved["n_new"] == 1


def test_the_document_describes_every_answer(store: Store) -> None:
    """Schemathesis asks every operation with odd values; answers must be as the document says."""
    app = create_app(store, any_host=True)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    seen: list[str] = []

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @schemathesis_given(operation)
        def ask(case: Any) -> None:
            answer = case.call()
            case.validate_response(answer, checks=CHECKED)
            assert answer.status_code < 500

        ask()
        seen.append(operation.label)
    assert len(seen) >= 11


CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def schemathesis_given(operation: Any) -> Any:
    """Hypothesis's decorator for the cases of one operation."""
    from hypothesis import given

    return given(case=operation.as_strategy())
