"""Digests over a real store, and sent to a real server on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from foundation.errors import ConfigurationError, RefusedInputError, TransientSourceError
from foundation.settings import MailSettings
from taxonomy.loader import load_taxonomy
from workflow.alerts import add_search, collect_alerts
from workflow.digests import Digest, digest_html, digest_text, make_digest, send_digest, span_of

RAG, SAFETY = "inference/context/rag", "add-ons/evaluation/safety"
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def week(store, arrivals) -> Digest:
    """80 papers of before, 51 of the week to 8 November, one of them titled by an enemy; two searches."""
    arrivals.add(*range(1, 21), topic=RAG, at=NOW - 30 * DAY)
    arrivals.add(*range(21, 81), topic=SAFETY, at=NOW - 30 * DAY)
    add_search(store, load_taxonomy(), "retrieval", {"topic": RAG}, at=NOW - 29 * DAY)
    add_search(store, load_taxonomy(), "nothing new", {"words": "zebra"}, at=NOW - 29 * DAY)
    arrivals.add(*range(81, 111), topic=RAG, at=NOW - 3 * DAY)
    arrivals.add(*range(111, 131), topic=SAFETY, at=NOW - 3 * DAY)
    arrivals.add(131, topic=RAG, at=NOW - 2 * DAY, title="<script>alert(1)</script> & more")
    collect_alerts(store, load_taxonomy(), at=NOW - 2 * DAY)
    with store.read() as session:
        return make_digest(session, load_taxonomy(), "weekly", date(2026, 11, 8), now=NOW)


def test_a_week_in_words_holds_what_moved_and_what_is_new_to_each_search(week: Digest) -> None:
    assert (week.first, week.last) == (date(2026, 11, 2), date(2026, 11, 8))
    assert week.movement.n_new == 51
    assert [(each.name, len(each.papers)) for each in week.news] == [("retrieval", 31)]
    text = digest_text(week)
    assert text.startswith("Language model research: the week to 2026-11-08\n")
    assert "rising: RAG*" in text
    assert "RETRIEVAL: 31 NEW TO YOU" in text
    assert "https://arxiv.org/abs/2601.00131" in text
    assert "No source was asked." in text
    assert "zebra" not in text


def test_the_same_as_html_and_every_title_is_text(week: Digest) -> None:
    html = digest_html(week)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more 131" in html
    assert "retrieval: 31 new to you" in html
    assert html.count('<a href="https://arxiv.org/abs/2601.') >= 31


def test_asked_for_again_later_it_says_the_same(week: Digest, store, arrivals) -> None:
    arrivals.add(*range(200, 230), topic=SAFETY, at=NOW)
    collect_alerts(store, load_taxonomy(), at=NOW)
    with store.read() as session:
        again = make_digest(session, load_taxonomy(), "weekly", date(2026, 11, 8), now=NOW + 30 * DAY)
    assert digest_text(again) == digest_text(week)
    assert digest_html(again) == digest_html(week)


def test_a_month_holds_its_weeks(week: Digest, store) -> None:
    with store.read() as session:
        month = make_digest(session, load_taxonomy(), "monthly", date(2026, 11, 8), now=NOW)
        past = make_digest(session, load_taxonomy(), "monthly", date(2026, 10, 31), now=NOW)
    assert (month.first, month.movement.n_new) == (date(2026, 10, 9), 131)
    assert (past.first, past.last, past.movement.n_new) == (date(2026, 10, 1), date(2026, 10, 31), 80)
    assert "the month to 2026-10-31" in digest_text(past)
    assert not past.news, "what a search finds when it is saved is no news"


def test_a_day_that_has_not_come_is_refused(store) -> None:
    with store.read() as session, pytest.raises(RefusedInputError, match="has not come"):
        make_digest(session, load_taxonomy(), "weekly", NOW.date() + DAY, now=NOW)


def test_an_empty_store_has_a_digest_too(store) -> None:
    with store.read() as session:
        digest = make_digest(session, load_taxonomy(), "weekly", date(2026, 11, 8), now=NOW)
    assert "None arrived." in digest_text(digest)
    assert "None arrived." in digest_html(digest)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_spans_join_without_gap_or_overlap(last: date) -> None:
    first, _ = span_of("weekly", last)
    assert (last - first).days == 6
    ends = (last.replace(day=1) - DAY, ((last.replace(day=1) + 31 * DAY).replace(day=1)) - DAY)
    assert span_of("monthly", ends[1])[0] == ends[0] + DAY
    assert 27 <= (last - span_of("monthly", last)[0]).days <= 30


@dataclass
class MailServer:
    """Speaks SMTP on a free port of this machine (RFC 5321), and keeps the letters.

    It offers neither encryption nor a login, and refuses whom it is told to refuse.
    """

    refuse: bool = False
    letters: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> MailServer:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # `close` alone wakes nobody who waits in `accept`, who would take one letter more.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as line:
                self._talk(line)

    def _talk(self, line: object) -> None:
        def say(text: str) -> None:
            line.write(text.encode() + b"\r\n")
            line.flush()

        say("220 test")
        while words := line.readline().decode().strip():
            command = words.upper()
            if command.startswith("EHLO"):
                say("250-test\r\n250 8BITMIME")
            elif command.startswith("RCPT"):
                self.recipients.append(words.partition("<")[2].partition(">")[0])
                say("550 5.1.1 password=hunter2 not here" if self.refuse else "250 ok")
            elif command == "DATA":
                say("354 go on")
                body = []
                while (part := line.readline()) != b".\r\n":
                    body.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                self.letters.append(b"".join(body))
                say("250 kept")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def letter(store) -> Digest:
    """A digest of nothing."""
    with store.read() as session:
        return make_digest(session, load_taxonomy(), "weekly", date(2026, 11, 8), now=NOW)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def _mail(server: MailServer, **more: object) -> MailSettings:
    return MailSettings.model_validate(
        {
            "host": "127.0.0.1", "port": server.port, "security": "none", "sender": "map@example.org",
            "recipients": "ada@example.org, bo@example.org", **more,
        }
    )  # fmt: skip


def test_the_digest_arrives_as_text_and_html(week: Digest, mail_server: MailServer) -> None:
    assert send_digest(week, _mail(mail_server)) == ("ada@example.org", "bo@example.org")
    assert mail_server.recipients == ["ada@example.org", "bo@example.org"]
    (letter,) = mail_server.letters
    message = message_from_bytes(letter, policy=policy.default)
    assert message["Subject"] == week.title
    assert message["From"] == "map@example.org"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == digest_text(week).splitlines()
    assert "&lt;script&gt;" in html.get_content()


def test_a_server_that_refuses_is_told_without_repeating_what_it_said(
    letter: Digest, mail_server: MailServer
) -> None:
    mail_server.refuse = True
    with pytest.raises(TransientSourceError) as told:
        send_digest(letter, _mail(mail_server))
    assert "hunter2" not in str(told.value)
    assert mail_server.letters == []


def test_no_encryption_where_it_was_asked_for_sends_nothing(letter: Digest, mail_server: MailServer) -> None:
    with pytest.raises(TransientSourceError):
        send_digest(letter, _mail(mail_server, security="starttls"))
    assert mail_server.letters == []


def test_a_login_never_goes_over_an_open_line(letter: Digest, mail_server: MailServer) -> None:
    mail = _mail(mail_server, username=SecretStr("ada"), password=SecretStr("hunter2"))
    with pytest.raises(ConfigurationError, match="open line") as told:
        send_digest(letter, mail)
    assert "hunter2" not in str(told.value)
    assert mail_server.recipients == []


def test_nobody_listens(letter: Digest) -> None:
    # Bound and not listening: the port is ours, so that nobody else can take it in between.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        mail = _mail(MailServer(port=silent.getsockname()[1]))
        with pytest.raises(TransientSourceError, match="did not take"):
            send_digest(letter, mail)


def test_a_mail_server_that_stopped_takes_nothing(letter: Digest) -> None:
    with MailServer() as server:
        mail = _mail(server)
    with pytest.raises(TransientSourceError):
        send_digest(letter, mail)
    assert server.letters == []


@pytest.mark.parametrize("left_out", ["host", "sender", "recipients"])
def test_mail_that_is_not_set_up_is_refused(letter: Digest, mail_server: MailServer, left_out: str) -> None:
    with pytest.raises(ConfigurationError, match="no mail is set up"):
        send_digest(letter, _mail(mail_server, **{left_out: ""}))
