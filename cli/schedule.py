"""`landscape schedule`: keep harvests going, show when, install it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.shared import (
    json_option,
    opened_store,
    print_json,
    progress_bar,
    writable_parent,
    write_atomically,
)
from foundation.clock import utc_now
from foundation.settings import load_settings
from landscape.health import Health


@click.group("schedule", epilog="Example: landscape schedule show; landscape schedule run")
def command() -> None:
    """Keep the landscape current: run, show and install the schedule."""


@command.command("run", epilog="Example: landscape schedule run --once")
@click.option("--once", is_flag=True, help="Look once, do what is due, end: for cron.")
@json_option
def run_command(once: bool, as_json: bool) -> None:
    """Ask each source when it is due, classify, snapshot; go on until interrupted.

    Missed runs are caught up once. On one store one run at a time, on however many machines: another
    waits for its turn (with --once it ends with exit code 3). Requests made in the app are taken too.
    """
    from workflow.scheduling import pass_lines, run_due, run_forever

    settings = load_settings()
    with opened_store(settings) as store:
        if not once:
            run_forever(store, settings, tell=click.echo)
            return
        with progress_bar("Refreshing", "papers") as advance:
            done = run_due(store, settings, vectors=True, progress=advance)
    report = done.report
    if as_json:
        print_json(
            {
                "due": done.due,
                "requests": done.requests,
                "missed": dict(done.missed),
                "report": report.as_json() if report else None,
            }
        )
    else:
        for line in pass_lines(done) or ["nothing is due"]:
            click.echo(line)
    raise SystemExit(report.exit_code if report else 0)


def run_show() -> tuple[Health, list[Any]]:
    """The schedule's health, and every enabled source with its next run."""
    from harvester.schedule import load_schedule
    from landscape.health import take_health
    from workflow.scheduling import enabled_sources, planned_sources

    settings, now = load_settings(), utc_now()
    with opened_store(settings) as store:
        planned = planned_sources(store, settings, now=now)
        with store.read() as session:
            health = take_health(session, load_schedule(settings.home), enabled_sources(settings), now)
    return health, planned


@command.command("show", epilog="Example: landscape schedule show --json")
@json_option
def show_command(as_json: bool) -> None:
    """Show when each source is asked next, and how the schedule fares.

    Exit code 0 healthy or never started, 3 late (no scheduler is running), 2 failing.
    """
    health, planned = run_show()
    if as_json:
        print_json(
            {
                "health": health.as_json(),
                "sources": [
                    {
                        "name": each.name,
                        "next_due": each.next_due,
                        "state": each.state,
                        "reason": each.reason,
                        "last_finished": each.last_finished,
                        "missed": each.missed,
                        "every_hours": each.cadence.every_hours,
                        "bad_hours": [
                            [first.isoformat("minutes"), last.isoformat("minutes")]
                            for first, last in each.cadence.bad_hours
                        ],
                        "venues": each.venues,
                    }
                    for each in planned
                ],
            }
        )
        raise SystemExit(health.exit_code)
    for each in planned:
        bad = ", ".join(f"{first:%H:%M} to {last:%H:%M}" for first, last in each.cadence.bad_hours)
        venues = f"; looks for {', '.join(each.venues)}" if each.venues else ""
        click.echo(
            f"{each.name}: every {each.cadence.every_hours} hours"
            + (f", not {bad} UTC" if bad else "")
            + f"; next {each.next_due:%Y-%m-%d %H:%M} UTC; last {each.state}{venues}"
        )
    words = {
        "off": "never started: `landscape schedule run` or `landscape schedule install`",
        "healthy": "healthy",
    }
    click.echo(f"schedule: {words.get(health.state, health.state)}")
    for reason in health.reasons:
        click.echo(f"  {reason}")
    if health.requests_waiting:
        click.echo(f"{health.requests_waiting} requests for a harvest wait")
    raise SystemExit(health.exit_code)


@command.command("install", epilog="Example: landscape schedule install --systemd --out landscape.service")
@click.option("--cron", "kind", flag_value="cron", default="cron", help="A crontab line (the default).")
@click.option("--systemd", "kind", flag_value="systemd", help="A systemd unit.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write instead of printing.")
def install_command(kind: str, out: Path | None) -> None:
    """Print, or write to a file, what keeps the schedule going on this machine.

    Nothing is installed by itself: add the line with `crontab -e`, or put the unit into
    ~/.config/systemd/user/ and run `systemctl --user enable --now landscape`.
    """
    from workflow.schedule_units import schedule_unit

    text = schedule_unit(load_settings(), "systemd" if kind == "systemd" else "cron")
    if out is None:
        click.echo(text, nl=False)
        return
    write_atomically(writable_parent(out), text.encode())
    click.echo(f"{out}: {len(text)} bytes")
