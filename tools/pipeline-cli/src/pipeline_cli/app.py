"""The command line `pipeline`.

Exit codes: 0 on success; 1 on complete or partial failure, whose reason is in the output; 2 for a wrong command line.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import typer
from botocore.exceptions import BotoCoreError, ClientError
from local_aws.errors import EmulatorError

from pipeline_cli.advice import advice
from pipeline_cli.commands import check, deploying, erase, letters, pausing, replaying, status, tracing
from pipeline_cli.errors import CommandError
from pipeline_cli.messages.reading import Kind
from pipeline_cli.printing import print_error

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "./nox -s pipeline --"
ENTRY_POINTS = "durable_pipeline.commands"
"""The entry point group of commands that other packages add, such as tools/console."""

app = typer.Typer(
    help="Operate the pipeline: on AWS with --env NAME, or the one that ./nox -s local runs on this machine.",
    epilog="Exit codes: 0 done; 1 failed or incomplete; 2 wrong command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(tracing.trace)
app.command()(tracing.history)
app.command()(tracing.executions)
app.command()(status.status)
app.add_typer(letters.commands(Kind.DEAD), name="dead")
app.add_typer(letters.commands(Kind.INVALID), name="invalid")
app.command()(pausing.pause)
app.command()(pausing.resume)
app.command()(pausing.drain)
app.command()(replaying.replay)
app.command()(check.check)
app.command()(erase.erase)
app.command()(deploying.deploy)
app.command()(deploying.delete)
for further in entry_points(group=ENTRY_POINTS):
    app.command(further.name)(further.load())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        app(arguments, prog_name=PROGRAM)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except (ClientError, BotoCoreError) as error:
        print_error(advice(error))
    except (CommandError, EmulatorError) as error:
        print_error(str(error))
    except KeyboardInterrupt:
        print_error("interrupted")
        return 130
    return 1
