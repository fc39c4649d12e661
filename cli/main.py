"""The `landscape` command: finds sub-commands lazily and turns errors into one clear line.

A command is one file under cli/ and one line in `COMMANDS`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType

import click
from click.exceptions import NoArgsIsHelpError

from foundation.errors import LandscapeError
from foundation.log import configure_logging, redact

# name -> (module, one-line help). The help stands here so that `landscape --help` imports nothing.
COMMANDS: dict[str, tuple[str, str]] = {
    "app": ("cli.app", "Serve the living chart on this machine."),
    "init": ("cli.init", "Create the store, load the starter library, classify."),
    "harvest": ("cli.harvest", "Ask the sources for what is new."),
    "import": ("cli.import_", "Read papers from raw source files and reference lists."),
    "classify": ("cli.classify", "Label what is new or stale."),
    "predict": ("cli.predict", "Place papers from a file on the grid, without a store."),
    "train": ("cli.train", "Fit the shipped model again from labels."),
    "tune": ("cli.tune", "Tune the encoder of the accurate mode again (needs torch)."),
    "evaluate": ("cli.evaluate", "Measure the model against hand labels."),
    "search": ("cli.search", "Find papers by words or by meaning."),
    "emerging": ("cli.emerging", "Show topics that the grid lacks; accept one."),
    "export": ("cli.export", "Write the landscape as slides, tables or data."),
    "refresh": ("cli.refresh", "Harvest, classify, snapshot, in order."),
    "schedule": ("cli.schedule", "Keep the landscape current; show and install the schedule."),
    "snapshot": ("cli.snapshot", "Save today's landscape."),
    "diff": ("cli.diff", "Say what moved between two dates."),
    "digest": ("cli.digest", "Write the week or month as HTML or text; send it."),
    "searches": ("cli.searches", "Keep searches; see what is new to each, once."),
    "plan": ("cli.plan", "Plan how to adapt a language model to a domain."),
    "memory": ("cli.memory", "Work out memory of training and serving, term by term."),
    "status": ("cli.status", "Say what is known and how fresh it is."),
    "doctor": ("cli.doctor", "Say what is wrong and how to mend it."),
    "link": ("cli.link", "Say that two papers are one work."),
    "unlink": ("cli.unlink", "Say that two papers are not one work."),
    "review": ("cli.review", "Answer the papers whose label would teach most."),
    "label": ("cli.label", "Bring human decisions in and out."),
    "taxonomy": ("cli.taxonomy", "Show and compare grids; read an edited deck."),
    "api": ("cli.api", "Serve a read-only JSON API."),
    "mcp": ("cli.mcp", "Answer an assistant's questions (Model Context Protocol)."),
    "db": ("cli.db", "Upgrade, back up, restore, check and hash the store."),
}


class LazyGroup(click.Group):
    """A command group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one module that is needed."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="llm-landscape", prog_name="landscape")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
def cli(verbose: bool) -> None:
    """A living map of large language model research.

    \b
    Examples:
      landscape app
      landscape import 2023.acl.xml.gz && landscape classify
      landscape export pptx --out landscape.pptx
    """  # noqa: D301 -- the backspace is click's mark for "do not fold these lines"
    configure_logging(verbose=verbose)


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Exit codes: 0 complete, 2 usage, configuration, refused input or failed source, 3 partial,
    4 suspect, 130 and 143 interrupted.

    Args:
        arguments: Command-line words; the process's own when None.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = cli.main(args=arguments, prog_name="landscape", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "landscape"
        _complain(f"{path}: {error.format_message()} See `{path} --help`.")
        code = 2
    except click.ClickException as error:
        _complain(f"landscape: {error.format_message()}")
        code = 2
    except (click.Abort, KeyboardInterrupt):
        _complain("landscape: interrupted; what was stored stays stored")
        code = 130
    except LandscapeError as error:
        _complain(f"landscape: {error}")
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output has left (`| head`). Python would complain at exit otherwise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        _complain(f"landscape: {error.strerror or error}{place}")
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _complain(line: str) -> None:
    click.echo(redact(" ".join(line.split())), err=True)
