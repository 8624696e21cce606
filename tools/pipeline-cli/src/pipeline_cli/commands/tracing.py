"""`trace`, `history` and `executions`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import ClientError
from local_aws.terminal import shown
from rich.table import Table

from pipeline_cli.advice import is_not_found
from pipeline_cli.errors import CommandError
from pipeline_cli.executions import listing
from pipeline_cli.executions.as_json import history_json, trace_json
from pipeline_cli.executions.batches import Batch
from pipeline_cli.executions.deliveries import describe
from pipeline_cli.executions.following import follow
from pipeline_cli.executions.history import read_history
from pipeline_cli.executions.log_search import LogSearch
from pipeline_cli.executions.places import Waits
from pipeline_cli.executions.queue_look import look
from pipeline_cli.executions.story import tell
from pipeline_cli.executions.timeline import seconds
from pipeline_cli.executions.trace import Tracer
from pipeline_cli.executions.tree import tree
from pipeline_cli.options import Bodies, Env, Json, Local, target
from pipeline_cli.printing import console, moment, print_json
from pipeline_cli.repository import find_repository

if TYPE_CHECKING:
    from pipeline_cli.executions.history import History
    from pipeline_cli.intake import Intake

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LOOKED_AT = 100


def _since(text: str) -> datetime:
    matched = re.fullmatch("([1-9][0-9]{0,4})([mhd])", text)
    if not matched:
        raise typer.BadParameter("expected a number of minutes, hours or days, such as 30m, 6h or 3d")
    return _now() - timedelta(**{_UNITS[matched[2]]: int(matched[1])})


def _now() -> datetime:
    return datetime.now(UTC)


def _statuses(text: str | None) -> list[str]:
    statuses = [one.strip().upper() for one in (text or "").split(",") if one.strip()]
    if unknown := sorted(set(statuses) - set(listing.STATUSES)):
        raise typer.BadParameter(f"{', '.join(unknown)}: expected some of {', '.join(listing.STATUSES)}")
    return statuses


def trace(
    message: Annotated[str, typer.Argument(metavar="ID", help="A message id, or the execution_id of a record.")],
    env: Env = None,
    *,
    local: Local = False,
    since: Annotated[str, typer.Option(metavar="TIME", help="How far back to search the log: 30m, 6h, 3d.")] = "4d",
    search_seconds: Annotated[int, typer.Option(min=1, help="Search the log for at most this long.")] = 60,
    queues: Annotated[
        bool,
        typer.Option("--queues", help=f"Look at {_LOOKED_AT} messages each in the dead-letter and the invalid queue."),
    ] = False,
    bodies: Bodies = False,
    json: Json = False,
) -> None:
    """Trace a message: its deliveries, their executions and stages, and where it is now.

    With --queues, the inspected messages are hidden from other readers for some seconds.

    Example: ./nox -s pipeline -- trace 19dd0b57-b21e-4ac1-bd88-01bbb068cb78 --env dev
    """
    of = target(env, local=local)
    resources = of.resources
    search = LogSearch(of.client("logs"), resources.log_group, _since(since), search_seconds)
    seen = look(of.client("sqs"), resources, _LOOKED_AT) if queues else None
    found = Tracer(of, search, Waits.read(find_repository()), _now(), seen).trace(message)
    if json:
        print_json(trace_json(found, search, bodies=bodies))
    elif found.found:
        tell(console(), found, bodies=bodies)
    searched = f"{search.group} since {moment(search.since)} UTC"
    if not found.found:
        raise CommandError(
            f"nothing is known about {message}: no line in {searched}{_cut(search)}, and no item in the table. "
            "It may be waiting in the queue for its first delivery, or an older delivery may have stored or rejected "
            "it: try a longer --since. While the pipeline is paused, nothing is delivered. "
            "The record of a message with an idempotency_key is ENV-key-KEY"
        )
    if not search.complete:
        raise CommandError(f"not all deliveries may be shown: {searched}{_cut(search)}")
    if found.notes or any(one.problem for each in found.messages for one in each.deliveries):
        raise CommandError("not everything could be read; see above")


def _cut(search: LogSearch) -> str:
    if search.complete:
        return ""
    return (
        f" was not searched to its end within {search.seconds:g} s: "
        "narrow it with --since, or allow more time with --search-seconds"
    )


def history(
    execution: Annotated[str, typer.Argument(help="The ARN of an execution, or its name.")],
    env: Env = None,
    *,
    local: Local = False,
    record: Annotated[
        str | None, typer.Option("--id", metavar="EXECUTION_ID", help="Only the operations of one record.")
    ] = None,
    bodies: Bodies = False,
    json: Json = False,
) -> None:
    """Show the operations of an execution, as they were checkpointed.

    Example: ./nox -s pipeline -- history ARN --id dev-esm-19dd0b57-b21e-4ac1-bd88-01bbb068cb78
    """
    of = target(env, local=local)
    arn = listing.arn_of(of, execution)
    try:
        described = describe(of.client("lambda"), arn)
        read = read_history(of.client("lambda"), arn)
    except ClientError as error:
        if not is_not_found(error):
            raise
        raise CommandError(
            f"there is no execution {arn}: Lambda keeps histories for a limited time "
            "(ExecutionRetentionDays), or it belongs to another account or region"
        ) from None
    kept = _kept(read, of.intake, record) if record else None
    if json:
        print_json(history_json(described, read, kept, record, bodies=bodies))
        return
    out = console()
    out.print(shown(arn), soft_wrap=True)
    out.print(tree(read, kept, record, bodies=bodies))


def executions(
    env: Env = None,
    *,
    local: Local = False,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS,...", help="Only these, such as RUNNING,FAILED.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only those that started in this period: 30m, 6h, 3d.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The maximum number to list.")] = 20,
    json: Json = False,
) -> None:
    """List executions, newest first.

    Example: ./nox -s pipeline -- executions --env dev --status FAILED,TIMED_OUT --since 1d
    """
    statuses, earliest = _statuses(status), _since(since) if since else None
    of = target(env, local=local)
    found = listing.newest(of.client("lambda"), of.resources.function_name, statuses, earliest, limit)
    if json:
        print_json([vars(one) for one in found])
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("started (UTC)", "status", "took", "ver."):
        table.add_column(name, no_wrap=True)
    table.add_column("name", overflow="fold")
    for one in found:
        row = (moment(one.started), one.status, seconds(one.started, one.ended), one.version, one.name)
        table.add_row(*map(shown, row))
    out = console()
    if not found:
        out.print("no executions match")
        return
    out.print(table)
    out.print("./nox -s pipeline -- history NAME shows one of them.", style="dim")


def _kept(read: History, intake: Intake, record: str) -> set[str]:
    """Return the operations of a record, and the contexts that they are in."""
    batch = Batch.of(read.execution.input, intake)
    kept = set()
    for one in batch.by_identity.get(record, ()):
        path = follow(read, batch, one)
        kept |= {operation.id for operation in path.operations}
    kept |= {operation.id for operation in read.operations if record in operation.requested}
    if not kept:
        raise CommandError(f"the execution has no operation of {record}: compare it with what pipeline trace says")
    return kept | {above.id for one in read.operations if one.id in kept for above in read.ancestors(one)}
