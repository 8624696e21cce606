"""`dead` and `invalid`: the messages in the dead-letter queue and in the invalid message queue."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline_cli.commands.command_line import logged_command
from pipeline_cli.errors import CommandError
from pipeline_cli.messages import listing
from pipeline_cli.messages.acting import Manner, act
from pipeline_cli.messages.export_file import drafts_of, missing_of, read_export, write_export
from pipeline_cli.messages.plan import discards, plan
from pipeline_cli.messages.reading import Kind, OpenQueue, open_queue
from pipeline_cli.messages.releases import last_release
from pipeline_cli.messages.selection import Selection, age
from pipeline_cli.messages.stored import stored_data
from pipeline_cli.options import Bodies, Env, Json, Local, Yes, target
from pipeline_cli.printing import counted, print_json, print_note, print_result, progress_bar
from pipeline_cli.repository import find_repository
from pipeline_cli.rules import verdicts
from pipeline_cli.table import Table
from pipeline_cli.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator


def _age(text: str) -> timedelta:
    try:
        return age(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Id = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="ID", help="Only this message id (old or new) or execution id; may be repeated."),
]
Stage = Annotated[str | None, typer.Option("--stage", metavar="NAME", help="Only those that this stage stopped.")]
Code = Annotated[str | None, typer.Option("--code", metavar="CODE", help="Only those with this error code.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Only those whose reason has this text.")]
Body = Annotated[str | None, typer.Option("--body", metavar="TEXT", help="Only those whose body has this text.")]
Older = Annotated[
    timedelta | None,
    typer.Option("--older-than", metavar="AGE", parser=_age, help="Only those older than this: 30m, 2h, 3d."),
]
Newer = Annotated[
    timedelta | None, typer.Option("--newer-than", metavar="AGE", parser=_age, help="Only those newer than this.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Read at most N messages of the queue.")]
LogSeconds = Annotated[
    float,
    typer.Option("--log-seconds", min=0, metavar="N", help="Search the log for reasons for N seconds; 0 skips it."),
]
Each = Annotated[bool, typer.Option("--each", help="Show each message.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan, but do nothing.")]
Rate = Annotated[float, typer.Option("--rate", min=0.1, metavar="N", help="Send at most N messages per second.")]


def list_messages(
    context: typer.Context,
    env: Env = None,
    *,
    local: Local = False,
    ids: Id = None,
    stage: Stage = None,
    code: Code = None,
    reason: Reason = None,
    body: Body = None,
    older_than: Older = None,
    newer_than: Newer = None,
    limit: Limit = None,
    log_seconds: LogSeconds = 30,
    each: Each = False,
    bodies: Bodies = False,
    as_json: Json = False,
) -> None:
    """Show why the messages are in the queue, grouped by reason or one by one."""
    selection = Selection(ids or (), stage, code, reason, body, older_than, newer_than)
    with _opened(context, target(env, local=local), limit, log_seconds) as queue:
        chosen = selection.of(queue.messages, datetime.now(UTC))
    if as_json:
        shown: dict[str, Any] = {"count": len(chosen), "notes": queue.notes}
        shown["groups"] = [asdict(group) for group in listing.grouped(chosen)]
        if each or bodies:
            shown["messages"] = [message.to_json(body=bodies) for message in chosen]
        print_json(shown)
        return
    _print_notes(queue)
    print(counted(len(chosen), "message"))
    if each or bodies:
        listing.print_each(chosen, bodies=bodies)
    elif chosen:
        listing.print_groups(listing.grouped(chosen))


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    env: Env = None,
    *,
    local: Local = False,
    ids: Id = None,
    stage: Stage = None,
    code: Code = None,
    reason: Reason = None,
    body: Body = None,
    older_than: Older = None,
    newer_than: Newer = None,
    limit: Limit = None,
    log_seconds: LogSeconds = 30,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Write messages to a file.

    They stay in the queue. The file has one JSON object per line; body and attributes may be edited before the file
    is passed to redrive or resend.
    """
    if file.exists() and not force:
        raise CommandError(f"{file} exists; to overwrite it, add --force")
    selection = Selection(ids or (), stage, code, reason, body, older_than, newer_than)
    with _opened(context, target(env, local=local), limit, log_seconds) as queue:
        chosen = selection.of(queue.messages, datetime.now(UTC))
        write_export(file, chosen, force=force)
    if not as_json:
        _print_notes(queue)
    written = {"file": str(file), "count": len(chosen), "notes": queue.notes}
    print_result(f"{counted(len(chosen), 'message')} written to {file}", written, as_json=as_json)


def send(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Send only its messages, as edited.")] = None,
    env: Env = None,
    *,
    local: Local = False,
    ids: Id = None,
    stage: Stage = None,
    code: Code = None,
    reason: Reason = None,
    body: Body = None,
    older_than: Older = None,
    newer_than: Newer = None,
    limit: Limit = None,
    log_seconds: LogSeconds = 30,
    rules: Annotated[bool, typer.Option("--rules", help="Also apply the validator's rules of this checkout.")] = False,
    unchanged: Annotated[
        bool,
        typer.Option("--unchanged", help="Also send messages that failed on the version that is still live."),
    ] = False,
    rate: Rate = 50,
    each: Each = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send messages to the source queue again.

    Each keeps its identity, so none is stored twice. The plan is shown first: a message that is already stored is
    only deleted, and one that would fail again stays.
    """
    _check(as_json=as_json, dry_run=dry_run, yes=yes)
    if file and limit:
        raise typer.BadParameter("with a limit, messages of FILE could be missed", param_hint="--limit")
    exported = read_export(file) if file else None
    selection = Selection(ids or (), stage, code, reason, body, older_than, newer_than)
    one = target(env, local=local)
    with _opened(context, one, limit, log_seconds) as queue:
        chosen = selection.of(queue.messages, datetime.now(UTC))
        planned = plan(
            drafts_of(chosen, exported),
            queue.messages,
            one.intake,
            partial(stored_data, Table(one.client("dynamodb"), one.resources.table_name)),
            released=None if unchanged else cache(partial(last_release, one, find_repository())),
            rules=verdicts if rules else None,
        )
        manner = Manner(logged_command(context), dry_run, yes, each, as_json, rate)
        act(one, _kind(context), queue, planned, manner, missing=missing_of(queue.messages, exported))


def discard(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that export wrote.")],
    env: Env = None,
    *,
    local: Local = False,
    each: Each = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the messages of a file for good.

    A message stays if its body differs from the one in the file.
    """
    _check(as_json=as_json, dry_run=dry_run, yes=yes)
    exported = read_export(file)
    one = target(env, local=local)
    with _opened(context, one, limit=None, log_seconds=None) as queue:
        planned = discards(drafts_of(queue.messages, exported))
        manner = Manner(logged_command(context), dry_run, yes, each, as_json, rate=1)
        act(one, _kind(context), queue, planned, manner, missing=missing_of(queue.messages, exported))


def commands(kind: Kind) -> typer.Typer:
    """Make the commands of a queue, each with an example for this queue."""
    code, file = ("invoke_failed", "failed.jsonl") if kind is Kind.DEAD else ("blank_field", "wrong.jsonl")
    app = typer.Typer(help=f"The messages in the {kind.queue_name}.", no_args_is_help=True)
    for name, command, example in (
        ("list", list_messages, f"--code {code} --newer-than 2h --each"),
        ("export", export, f"{file} --code {code}"),
        (kind.resend, send, "--dry-run"),
        ("discard", discard, file),
    ):
        text = f"{getdoc(command)}\n\nExample: ./nox -s pipeline -- {kind} {name} {example}"
        app.command(name, help=text)(command)
    return app


@contextmanager
def _opened(context: typer.Context, one: Target, limit: int | None, log_seconds: float | None) -> Iterator[OpenQueue]:
    with ExitStack() as opened:
        with progress_bar("reading") as progress:
            queue = opened.enter_context(
                open_queue(one, _kind(context), limit=limit, log_seconds=log_seconds, progress=progress)
            )
        yield queue


def _kind(context: typer.Context) -> Kind:
    return Kind((context.parent and context.parent.info_name) or "")


def _check(*, as_json: bool, dry_run: bool, yes: bool) -> None:
    if as_json and not dry_run and not yes:
        raise typer.BadParameter("JSON output cannot ask a question: add --dry-run or --yes", param_hint="--json")


def _print_notes(queue: OpenQueue) -> None:
    for note in queue.notes:
        print_note(note)
