"""The week or the month in one letter: what moved, what is new to each saved search, how harvests went.

A digest is made from the store alone: asked for again, it says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foundation.errors import ConfigurationError, RefusedInputError, TransientSourceError
from workflow.snapshots import end_of

if TYPE_CHECKING:
    from email.message import EmailMessage

    from jinja2 import Environment
    from sqlmodel import Session

    from foundation.settings import MailSettings
    from landscape.movement import Movement
    from landscape.saved_search import SearchNews
    from landscape.types import PaperRow
    from taxonomy.models import Taxonomy

Period = Literal["weekly", "monthly"]
SHOWN_PAPERS = 25
SMTP_SECONDS = 30.0


@dataclass(frozen=True)
class SourceRuns:
    """How one source fared in the span."""

    source: str
    runs: int
    new: int
    state: str
    reason: str


@dataclass(frozen=True)
class Digest:
    """One letter.

    Attributes:
        period: weekly or monthly.
        first: First day.
        last: Last day, inclusive.
        movement: What moved, by what the store knew.
        words: The same in words.
        news: Saved searches that found something for the first time in the span.
        found_venues: Venue-years whose papers were met for the first time in the span.
        papers: Newest papers on the chart that arrived in the span.
        sources: How harvests fared.
    """

    period: Period
    first: date
    last: date
    movement: Movement
    words: tuple[str, ...]
    news: tuple[SearchNews, ...]
    found_venues: tuple[str, ...]
    papers: tuple[PaperRow, ...]
    sources: tuple[SourceRuns, ...]

    @property
    def title(self) -> str:
        """Subject of the letter."""
        word = "week" if self.period == "weekly" else "month"
        return f"Language model research: the {word} to {self.last}"


def span_of(period: Period, last: date) -> tuple[date, date]:
    """First and last day of the period that ends on a day.

    Args:
        period: weekly: seven days; monthly: since the same day of the month before, exclusive.
        last: Last day, inclusive.

    Returns:
        Both days, inclusive. Spans of consecutive last days of months join without gap or overlap.
    """
    if period == "weekly":
        return last - timedelta(days=6), last
    after = last + timedelta(days=1)
    if after.day == 1:  # a whole month
        return last.replace(day=1), last
    before = after.replace(day=1) - timedelta(days=1)
    return before.replace(day=min(after.day, before.day)), last


def make_digest(session: Session, taxonomy: Taxonomy, period: Period, last: date, *, now: datetime) -> Digest:
    """Gather a digest.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        period: weekly or monthly.
        last: Last day, inclusive.
        now: The present moment: the running day is told as far as it has come.

    Returns:
        The digest; the same whenever it is asked for after the span.

    Raises:
        RefusedInputError: The last day has not come.
    """
    from db.searches import list_searches
    from landscape.movement import take_movement
    from landscape.movement_words import movement_words
    from landscape.saved_search import search_news

    if last > now.date():
        raise RefusedInputError("that day has not come", hint=f"Today is {now.date()} (UTC).", until=last)
    first, last = span_of(period, last)
    before, after = end_of(first - timedelta(days=1)), min(end_of(last), now)
    movement = take_movement(session, taxonomy, before, after, shown_papers=SHOWN_PAPERS)
    news = [
        search_news(session, taxonomy, each, after=before, until=after) for each in list_searches(session)
    ]
    return Digest(
        period=period,
        first=first,
        last=last,
        movement=movement,
        words=movement_words(movement),
        news=tuple(each for each in news if each.papers),
        found_venues=_found_venues(session, before, after),
        papers=movement.papers,
        sources=_source_runs(session, before, after),
    )


def digest_html(digest: Digest) -> str:
    """The digest as one HTML page; everything that comes from papers is escaped."""
    return _templates().get_template("digest.html").render(digest=digest)


def digest_text(digest: Digest) -> str:
    """The digest as plain text."""
    return _templates().get_template("digest.txt").render(digest=digest, paper=_paper_line)


def digest_message(digest: Digest, mail: MailSettings) -> EmailMessage:
    """The digest as a letter of text and HTML.

    Args:
        digest: The digest.
        mail: Sender and recipients.

    Raises:
        ConfigurationError: Server, sender or recipients are not set.
    """
    from email.message import EmailMessage

    if not mail.host or not mail.sender or not mail.recipients:
        raise ConfigurationError(
            "no mail is set up",
            hint="Set LANDSCAPE_MAIL__HOST, LANDSCAPE_MAIL__SENDER and LANDSCAPE_MAIL__RECIPIENTS.",
        )
    message = EmailMessage()
    message["Subject"] = digest.title
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message.set_content(digest_text(digest))
    message.add_alternative(digest_html(digest), subtype="html")
    return message


def send_digest(digest: Digest, mail: MailSettings) -> tuple[str, ...]:
    """Send the digest by SMTP.

    Args:
        digest: The digest.
        mail: Server, sender, recipients; login from the environment. With a login the connection is
            encrypted, or nothing is sent.

    Returns:
        Who it went to.

    Raises:
        ConfigurationError: Mail is not set up, or a login would go over an open line.
        TransientSourceError: The server did not take it. No message names the password.
    """
    import smtplib
    import ssl

    message = digest_message(digest, mail)
    password = mail.password.get_secret_value() if mail.password else ""
    user = mail.username.get_secret_value() if mail.username else ""
    if user and mail.security == "none":
        raise ConfigurationError(
            "a login would go over an open line", hint="Set LANDSCAPE_MAIL__SECURITY to starttls or tls."
        )
    context = ssl.create_default_context()
    try:
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, timeout=SMTP_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=SMTP_SECONDS)
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if user:
                server.login(user, password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        # An answer of the server may repeat what it was sent: its class says enough.
        raise TransientSourceError(
            "the mail server did not take the digest",
            hint="Check LANDSCAPE_MAIL__HOST, its port and login, and send again.",
            host=mail.host,
            port=mail.port,
            said=type(error).__name__,
        ) from None
    return mail.recipients


def _found_venues(session: Session, after: datetime, until: datetime) -> tuple[str, ...]:
    """Venue-years whose first complete harvest with papers ended in the span."""
    from sqlalchemy import func, select

    from db.tables import HARVEST_RUN
    from workflow.refresh import venue_names

    run = HARVEST_RUN.c
    ended = func.min(run.finished_at)
    query = (
        select(run.source, run.slice_key)
        .where(run.state == "complete", run.fetched > 0)
        .group_by(run.source, run.slice_key)
        .having(ended > after, ended <= until)
    )
    return venue_names((source, key) for source, key in session.execute(query))


def _source_runs(session: Session, after: datetime, until: datetime) -> tuple[SourceRuns, ...]:
    from sqlalchemy import select

    from db.tables import HARVEST_RUN

    run = HARVEST_RUN.c
    query = (
        select(run.source, run.new, run.state, run.reason)
        .where(run.started_at > after, run.started_at <= until)
        .order_by(run.id)
    )
    rows: dict[str, SourceRuns] = {}
    for source, new, state, reason in session.execute(query):
        known = rows.get(source, SourceRuns(source, 0, 0, "", ""))
        rows[source] = SourceRuns(source, known.runs + 1, known.new + new, state, reason)
    return tuple(rows[source] for source in sorted(rows))


def _paper_line(row: PaperRow) -> str:
    place = row.topics[0] if row.topics else row.cell or ""
    told = ", ".join(part for part in (row.venue or "", str(row.year or "")) if part)
    return " · ".join(part for part in (row.title, told, place, row.url or row.id) if part)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    options: dict[str, Any] = {"trim_blocks": True, "undefined": StrictUndefined}
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        **options,
    )
