"""Every guard of the polite client, against a real server on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from foundation.errors import (
    ConfigurationError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from foundation.settings import Settings
from harvester import registry
from harvester.hosts import HostRules
from harvester.http import (
    BadRequestError,
    BusyError,
    HttpLimits,
    NotFoundError,
    PoliteClient,
    retry_after_seconds,
    user_agent,
)
from harvester.http import client as client_module
from harvester.unpack import DamagedStreamError, TooLargeError, gunzip

XML = ("application/xml",)
BODY = b"<a>" + b"tea " * 5_000 + b"</a>"


@pytest.fixture
def client(client_for):
    return client_for(registry.get("arxiv"))


def test_an_answer_comes_whole(client, replay_server):
    replay_server.on("/page", BODY)
    response = client.get("/page", {"q": "a b&c"}, media_types=XML)
    assert response.body == BODY
    assert response.media_type == "application/xml"
    assert replay_server.requests[0].query == {"q": "a b&c"}


def test_the_user_agent_names_project_and_contact(client, replay_server):
    replay_server.on("/page", BODY)
    client.get("/page", media_types=XML)
    sent = replay_server.requests[0].headers
    assert sent["user-agent"].startswith("llm-landscape")
    assert "(+mailto:ada@example.org)" in sent["user-agent"]
    assert sent["host"] == replay_server.base_url.removeprefix("http://")


def test_a_contact_that_no_header_can_hold_is_made_to_fit():
    assert user_agent("żółw@example.org").isascii()
    assert "mailto" not in user_agent("")


def test_gzip_and_deflate_are_read(client, replay_server, replay):
    replay_server.on("/gzip", replay.Answer(BODY, gzipped=True))
    replay_server.on("/deflate", replay.Answer(zlib.compress(BODY), headers={"Content-Encoding": "deflate"}))
    assert client.get("/gzip", media_types=XML).body == BODY
    assert client.get("/deflate", media_types=XML).body == BODY


def test_a_chunked_answer_is_read_and_a_cut_one_refused(client, replay_server, replay):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:999], BODY[999:]))
    headers = {"Transfer-Encoding": "chunked"}
    replay_server.on("/whole", replay.Answer(chunks + b"0\r\n\r\n", announce=-1, headers=headers))
    replay_server.on("/cut", replay.Answer(chunks, announce=-1, headers=headers))
    assert client.get("/whole", media_types=XML).body == BODY
    with pytest.raises(TransientSourceError):
        client.get("/cut", media_types=XML)


@pytest.mark.parametrize("cut_at", [0, 1, 100, len(BODY) - 1])
@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_body_is_asked_for_again(client, replay_server, replay, cut_at, reset):
    replay_server.on("/page", replay.Answer(BODY, cut_at=cut_at, reset=reset), BODY)
    assert client.get("/page", media_types=XML).body == BODY
    assert len(replay_server.requests) == 2


def test_a_body_that_is_always_cut_is_never_accepted(client, replay_server, replay, clock):
    replay_server.on("/page", replay.Answer(BODY, cut_at=99))
    with pytest.raises(TransientSourceError) as caught:
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == HttpLimits().tries
    assert caught.value.facts["try"] == HttpLimits().tries
    assert caught.value.facts["url"].endswith("/page")
    assert clock.sleeps == sorted(clock.sleeps)  # it waits longer each time


def test_a_wrong_length_is_refused(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(BODY, announce=len(BODY) + 7))
    with pytest.raises(TransientSourceError, match="length"):
        client.get("/page", media_types=XML)


@pytest.mark.parametrize(
    "body", [gzip.compress(BODY, mtime=0)[:-3], gzip.compress(BODY, mtime=0)[:-8] + b"\0" * 8, b"no gzip"]
)
def test_damaged_compression_is_refused(client, replay_server, replay, body):
    replay_server.on("/page", replay.Answer(body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TransientSourceError, match="damaged"):
        client.get("/page", media_types=XML)


def test_a_gzip_bomb_stops_at_the_cap(client_for, replay_server, replay):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(body_bytes=1_000_000))
    bomb = gzip.compress(bytes(50_000_000), mtime=0)
    replay_server.on("/page", replay.Answer(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TerminalSourceError, match="larger"):
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == 1


def test_a_plain_body_stops_at_the_cap(client_for, replay_server):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(body_bytes=1_000))
    replay_server.on("/page", BODY)
    with pytest.raises(TerminalSourceError, match="larger"):
        client.get("/page", media_types=XML)


def test_encodings_that_were_not_asked_for_are_refused(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(BODY, headers={"Content-Encoding": "gzip, gzip"}))
    with pytest.raises(TransientSourceError, match="encoding"):
        client.get("/page", media_types=XML)


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "text/html; charset=utf-8"])
def test_another_kind_of_page_is_an_outage(client, replay_server, replay, media_type):
    replay_server.on("/page", replay.Answer(b"<html/>", media_type=media_type), BODY)
    assert client.get("/page", media_types=XML).body == BODY


def test_a_missing_content_type_passes(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(BODY, media_type=None))
    assert client.get("/page", media_types=XML).media_type == ""


@pytest.mark.parametrize("announce", [None, -1])
def test_a_dripping_server_is_cut_at_the_deadline(client_for, replay_server, replay, announce):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(deadline_seconds=0.3, tries=1))
    replay_server.on("/page", replay.Answer(BODY, drip_bytes=1, drip_seconds=0.05, announce=announce))
    with pytest.raises(TransientSourceError, match="too long"):
        client.get("/page", media_types=XML)


def test_a_silent_server_is_cut_at_the_deadline(client_for, replay_server, replay):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(deadline_seconds=0.3, tries=1))
    replay_server.on("/page", replay.Answer(BODY, delay_seconds=30))
    with pytest.raises(TransientSourceError, match="too long"):
        client.get("/page", media_types=XML)


def test_the_read_timeout_ends_a_pause(client_for, replay_server, replay):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(read_timeout_seconds=0.2, tries=1))
    replay_server.on("/page", replay.Answer(BODY, drip_bytes=10, drip_seconds=30))
    with pytest.raises(TransientSourceError, match="failed"):
        client.get("/page", media_types=XML)


def test_a_refused_connection_is_transient(clock, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings = Settings(home=tmp_path, sources={"arxiv": {"base_url": base_url, "delay_seconds": 0}})
        client = PoliteClient.for_source(registry.get("arxiv"), settings, clock=clock)
        with pytest.raises(TransientSourceError, match="connection failed"):
            client.get("/page", media_types=XML)


def test_a_refused_handshake_is_fatal_and_says_so(clock, tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(1024)
            peer.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # TLS alert: handshake failure

    thread = threading.Thread(target=answer)
    thread.start()
    base_url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(home=tmp_path, sources={"arxiv": {"base_url": base_url, "delay_seconds": 0}})
    client = PoliteClient.for_source(registry.get("arxiv"), settings, clock=clock)
    with pytest.raises(TerminalSourceError, match="TLS") as caught:
        client.get("/page", media_types=XML)
    thread.join()
    listener.close()
    assert caught.value.facts["try"] == 1
    assert isinstance(caught.value.__cause__, ssl.SSLError)


def test_a_block_stops_at_once(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(b"", 403), BODY)
    with pytest.raises(TerminalSourceError) as caught:
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == 1
    assert caught.value.facts["status"] == 403


def test_a_wrong_query_is_a_configuration_error(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(b"why not", 400))
    with pytest.raises(BadRequestError) as caught:
        client.get("/page", {"search_query": "teapot:*"}, media_types=XML)
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.body == b"why not"
    assert "teapot" in str(caught.value)
    assert len(replay_server.requests) == 1


def test_nothing_there_is_told_apart(client, replay_server):
    with pytest.raises(NotFoundError):
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_transient_statuses_are_tried_again(client, replay_server, replay, status):
    replay_server.on("/page", replay.Answer(b"", status), replay.Answer(b"", status), BODY)
    assert client.get("/page", media_types=XML).body == BODY
    assert len(replay_server.requests) == 3


@pytest.mark.parametrize("failures", [1, 4, 5, 50])
def test_a_storm_of_503_ends_within_the_budget(client, replay_server, replay, clock, failures):
    replay_server.on("/page", *[replay.Answer(b"", 503)] * failures, BODY)
    if failures < HttpLimits().tries:
        assert client.get("/page", media_types=XML).body == BODY
    else:
        with pytest.raises(TransientSourceError) as caught:
            client.get("/page", media_types=XML)
        assert caught.value.exit_code == 3
        assert len(replay_server.requests) == HttpLimits().tries
    assert sum(clock.sleeps) <= HttpLimits().retry_budget_seconds


def test_the_retry_budget_ends_the_waiting(client_for, replay_server, replay, clock):
    client = client_for(registry.get("arxiv"), limits=HttpLimits(retry_budget_seconds=50, tries=50))
    replay_server.on("/page", replay.Answer(b"", 429, headers={"Retry-After": "20"}))
    with pytest.raises(TransientSourceError):
        client.get("/page", media_types=XML)
    assert len(replay_server.requests) == 3
    assert sum(clock.sleeps) == pytest.approx(40)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("7", 7, 7), ("0", 0.5, 1), ("-1", 0.5, 1), ("junk", 0.5, 1), ("", 0.5, 1), ("12.5", 12.5, 12.5)],
)
def test_retry_after_is_obeyed_where_it_makes_sense(client, replay_server, replay, clock, value, least, most):
    replay_server.on("/page", replay.Answer(b"", 429, headers={"Retry-After": value}), BODY)
    assert client.get("/page", media_types=XML).body == BODY
    assert least <= sum(clock.sleeps) <= most


@pytest.mark.parametrize("seconds", [301, 1_000_000_000])
def test_a_retry_after_beyond_the_cap_ends_the_run(client, replay_server, replay, clock, seconds):
    replay_server.on("/page", replay.Answer(b"", 429, headers={"Retry-After": str(seconds)}), BODY)
    with pytest.raises(TransientSourceError) as caught:
        client.get("/page", media_types=XML)
    assert caught.value.facts["retry_after_seconds"] == seconds
    assert len(replay_server.requests) == 1
    assert clock.sleeps == []


def test_retry_after_holds_for_the_next_client_too(client_for, replay_server, replay, clock):
    source = registry.get("arxiv")
    replay_server.on("/page", replay.Answer(b"", 503, headers={"Retry-After": "100"}), BODY)
    with pytest.raises(TransientSourceError):
        client_for(source, delay_seconds=3, limits=HttpLimits(tries=1)).get("/page", media_types=XML)
    started = clock.monotonic()
    client_for(source, delay_seconds=3).get("/page", media_types=XML)
    assert clock.monotonic() - started == pytest.approx(100, abs=1)


def test_retry_after_forms():
    now = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    later = format_datetime(datetime(2026, 3, 4, 12, 1, tzinfo=UTC), usegmt=True)
    earlier = format_datetime(datetime(2026, 3, 4, 11, 0, tzinfo=UTC), usegmt=True)
    assert retry_after_seconds("120", now) == 120
    assert retry_after_seconds(later, now) == 60
    for junk in (None, "", "0", "-5", earlier, "soon", "١٢", "Thu, 99 Foo 2026", "9" * 400, "nan", "1e3"):
        assert retry_after_seconds(junk, now) is None


def test_a_validator_makes_the_request_conditional(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(BODY, headers={"ETag": '"v1"'}), replay.Answer(b"", 304))
    first = client.get("/page", media_types=XML)
    assert first.etag == '"v1"'
    second = client.get("/page", media_types=XML, etag=first.etag)
    assert second.not_modified
    assert replay_server.requests[1].headers["if-none-match"] == '"v1"'


def test_a_304_that_was_not_asked_for_is_no_answer(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(b"", 304))
    with pytest.raises(TerminalSourceError):
        client.get("/page", media_types=XML)


@pytest.mark.parametrize("kind", [TransientSourceError, SuspectAnswerError])
def test_a_check_can_ask_for_another_try(client, replay_server, kind):
    replay_server.on("/page", b"<bad/>", b"<good/>")

    def check(response) -> None:
        if b"bad" in response.body:
            raise kind("not this one")

    assert client.get("/page", media_types=XML, check=check).body == b"<good/>"
    replay_server.clear()
    replay_server.on("/page", b"<bad/>")
    with pytest.raises(kind):
        client.get("/page", media_types=XML, check=check)


def test_a_shorter_delay_is_accepted_on_loopback_alone(tmp_path):
    source = registry.get("arxiv")
    hasty = Settings(home=tmp_path, sources={"arxiv": {"delay_seconds": 1}})
    with pytest.raises(ConfigurationError, match="shorter"):
        PoliteClient.for_source(source, hasty)
    local = Settings(home=tmp_path, sources={"arxiv": {"base_url": "http://127.0.0.1:9"}})
    assert PoliteClient.for_source(source, local).gate.delay_seconds == 3.0
    slower = Settings(home=tmp_path, sources={"arxiv": {"delay_seconds": 10}})
    assert PoliteClient.for_source(source, slower).gate.delay_seconds == 10


def test_the_courtesy_delay_holds_between_requests(client_for, replay_server, clock):
    client = client_for(registry.get("arxiv"), delay_seconds=3)
    replay_server.on("/page", BODY)
    for _ in range(3):
        client.get("/page", media_types=XML)
    assert clock.sleeps == [pytest.approx(3), pytest.approx(3)]


def test_gunzip_reads_members_and_refuses_damage():
    assert (
        gunzip(gzip.compress(b"a" * 300_000, mtime=0) + gzip.compress(b"b", mtime=0), 400_000)
        == b"a" * 300_000 + b"b"
    )
    with pytest.raises(TooLargeError):
        gunzip(gzip.compress(bytes(1_000), mtime=0), 999)
    for damaged in (b"", b"text", gzip.compress(b"x", mtime=0)[:-1], gzip.compress(b"x", mtime=0) + b"rest"):
        with pytest.raises(DamagedStreamError):
            gunzip(damaged, 1_000)


def test_json_is_sent_and_json_comes_back(client, replay_server, replay):
    replay_server.on("/batch", replay.Answer(b'{"ok": true}', media_type="application/json"))
    answer = client.post("/batch", {"ids": ["a", "ü"]}, {"fields": "x"}, headers={"x-api-key": "k"})
    assert answer.body == b'{"ok": true}'
    (asked,) = replay_server.requests
    assert (asked.method, asked.query) == ("POST", {"fields": "x"})
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-api-key"] == "k"
    assert asked.body == b'{"ids": ["a", "\\u00fc"]}'


def test_what_is_sent_is_never_sent_on_to_a_redirect(client, replay_server, replay):
    replay_server.on("/login", replay.Answer(b"", 307, headers={"Location": "/elsewhere"}))
    with pytest.raises(TerminalSourceError, match="redirects what is sent") as error:
        client.post("/login", {"password": "canary"})
    assert "canary" not in str(error.value)
    assert [request.path for request in replay_server.requests] == ["/login"]


def test_a_source_reads_its_own_refusals(client, replay_server, replay):
    body = gzip.compress(b'{"message": "come back in 30 minutes"}', mtime=0)
    replay_server.on("/page", replay.Answer(body, 429, headers={"Content-Encoding": "gzip"}))
    seen = []

    def reader(refusal):
        seen.append((refusal.status, refusal.body))
        busy = BusyError("the quota is used up")
        busy.retry_after_seconds = 1800.0
        return busy

    with pytest.raises(TransientSourceError, match="quota") as error:
        client.get("/page", media_types=XML, refusal=reader)
    assert seen == [(429, b'{"message": "come back in 30 minutes"}')]  # too long a pause: asked once
    assert error.value.facts["retry_after_seconds"] == 1800
    assert error.value.facts["status"] == 429


def test_a_refusal_that_the_source_does_not_know_is_read_as_usual(client, replay_server, replay):
    replay_server.on("/page", replay.Answer(b"no", 403))
    with pytest.raises(TerminalSourceError, match="refuses to answer"):
        client.get("/page", media_types=XML, refusal=lambda refusal: None)


def test_a_secret_header_stays_with_the_host_that_was_asked(replay_server, replay, clock, tmp_path):
    from harvester.gate import RateGate

    class OtherHost(HostRules):
        def check_url(self, url):
            """Both replay servers are on this machine."""

    with replay.ReplayServer() as other:
        other.on("/moved", replay.Answer(BODY))
        replay_server.on("/page", replay.Answer(b"", 302, headers={"Location": f"{other.base_url}/moved"}))
        asking = PoliteClient(replay_server.base_url, RateGate("test", 0, tmp_path, clock), clock=clock)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client_module, "HostRules", OtherHost)
            asking.get("/page", media_types=XML, headers={"Authorization": "Bearer x", "X-Plain": "y"})
        assert replay_server.requests[0].headers["authorization"] == "Bearer x"
        assert "authorization" not in other.requests[0].headers
        assert other.requests[0].headers["x-plain"] == "y"


def test_a_body_is_left_where_enough_has_come(client, replay_server, replay):
    """The beginning of a body can be all that is wanted: the rest is not fetched, each try counts anew."""
    cut = replay.Answer(b"x" * 500, announce=3_000_000)
    replay_server.on("/page", cut, replay.Answer(b"x" * 3_000_000))
    tries = []

    def enough():
        sizes = []
        tries.append(sizes)

        def more(piece):
            sizes.append(len(piece))
            return sum(sizes) > 1_000

        return more

    response = client.get("/page", media_types=XML, enough=enough)
    assert 1_000 < len(response.body) < 1_000_000
    assert len(tries) == 2
