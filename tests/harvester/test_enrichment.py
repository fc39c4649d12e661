"""Citation counts: read strictly, asked for politely, a busy hour told apart from a used-up day."""

from __future__ import annotations

import gzip
import json

import pytest

from foundation.errors import SuspectAnswerError, TerminalSourceError, TransientSourceError
from foundation.settings import Settings
from harvester.enrichment import SemanticScholar, parse
from harvester.http import HttpLimits
from harvester.xml import DamagedPageError

KEY = "canary-77aa-key"
PLACE = "/graph/v1/paper/batch"
NAMES = [("arxiv", "2301.00001"), ("acl", "2023.acl-long.1"), ("doi", "10.1234/x"), ("s2", "CorpusId:7")]


@pytest.fixture
def client(replay_server, clock, tmp_path):
    def make(**own):
        chosen = {"base_url": replay_server.base_url, "delay_seconds": 0, **own}
        settings = Settings.model_validate({"home": tmp_path / "home", "citations": chosen})
        return SemanticScholar().client(settings, clock=clock, limits=HttpLimits(tries=3))

    return make


@pytest.fixture
def answer(replay):
    def make(value, status=200, **headers):
        return replay.Answer(json.dumps(value).encode(), status, "application/json", headers=headers)

    return make


def test_one_question_asks_for_many_papers(client, replay_server, answer):
    replay_server.on(PLACE, answer([{"citationCount": 3}, None, {"citationCount": 0}, {"paperId": "x"}]))
    payload = SemanticScholar().fetch(NAMES, client(token=KEY))
    assert parse(payload, 4) == [3, None, 0, None]
    (asked,) = replay_server.requests
    assert asked.method == "POST"
    assert asked.query == {"fields": "citationCount"}
    assert json.loads(asked.body) == {
        "ids": ["ARXIV:2301.00001", "ACL:2023.acl-long.1", "DOI:10.1234/x", "CorpusId:7"]
    }
    assert asked.headers["x-api-key"] == KEY


def test_no_key_is_no_header(client, replay_server, answer):
    replay_server.on(PLACE, answer([None]))
    SemanticScholar().fetch(NAMES[:1], client())
    assert "x-api-key" not in replay_server.requests[0].headers


def test_a_batch_of_unknown_papers_is_an_answer(client, replay_server, answer):
    replay_server.on(PLACE, answer({"error": "No valid paper ids given"}, 400))
    assert parse(SemanticScholar().fetch(NAMES, client()), 4) == [None] * 4


def test_a_busy_moment_is_waited_out_longer_each_time(client, replay_server, answer, clock):
    busy = answer({"message": "Too Many Requests. Please wait and try again.", "code": "429"}, 429)
    replay_server.on(PLACE, busy, busy, answer([{"citationCount": 1}]))
    assert parse(SemanticScholar().fetch(NAMES[:1], client()), 1) == [1]
    first, second = clock.sleeps
    assert 0 < first < second


def test_a_used_up_quota_is_not_asked_again_today(client, replay_server, answer, clock):
    replay_server.on(PLACE, answer({"message": "Limit Exceeded"}, 429))
    with pytest.raises(TransientSourceError, match="used up") as caught:
        SemanticScholar().fetch(NAMES, client())
    assert "tomorrow" in str(caught.value)
    assert caught.value.facts["retry_after_seconds"] == 12 * 3600  # the clock says noon
    assert len(replay_server.requests) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_and_never_shown(client, replay_server, answer, status):
    replay_server.on(PLACE, answer({"message": f"Forbidden {KEY}"}, status))
    with pytest.raises(TerminalSourceError, match="LANDSCAPE_CITATIONS__TOKEN") as caught:
        SemanticScholar().fetch(NAMES, client(token=KEY))
    assert KEY not in str(caught.value) + repr(caught.value.facts)
    assert len(replay_server.requests) == 1


@pytest.mark.parametrize(
    "told", [{"data": []}, [{"citationCount": -1}], [{"citationCount": True}], ["x"], "x"]
)
def test_what_is_no_list_of_counts_is_refused(told):
    with pytest.raises(DamagedPageError):
        parse(json.dumps(told).encode(), 1)


def test_an_answer_about_other_papers_is_suspect(client, replay_server, answer):
    replay_server.on(PLACE, answer([{"citationCount": 1}]))
    with pytest.raises(SuspectAnswerError, match="another number"):
        SemanticScholar().fetch(NAMES, client())


@pytest.mark.shared
def test_recorded_answers_are_read(shared_data):
    path = shared_data / "data/semantic_scholar/recorded_responses.jsonl.gz"
    read = 0
    for line in gzip.decompress(path.read_bytes()).splitlines():
        exchange = json.loads(line)
        if "/paper/batch" not in exchange["uri"] or "citationCount" not in exchange["uri"]:
            continue
        ids = json.loads(exchange["request_body"])["ids"]
        told = json.loads(exchange["body"])
        counts = parse(exchange["body"].encode(), len(ids))
        assert counts == [paper and paper["citationCount"] for paper in told]
        assert None in counts
        assert max(count or 0 for count in counts) > 100
        read += 1
    assert read == 2
