"""`erase`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from local_aws.terminal import printable, shown

from pipeline_cli import operations_log
from pipeline_cli.erasure import ErasableRecord, Erasure, find_record, remains, retention
from pipeline_cli.erasure import erase as erase_record
from pipeline_cli.errors import CommandError
from pipeline_cli.options import Env, Json, Local, Yes, target
from pipeline_cli.printing import agreed, console, print_json
from pipeline_cli.progress import progress


def erase(
    id_: Annotated[str, typer.Argument(metavar="ID", help="An execution_id, or the id of a message.")],
    env: Env = None,
    *,
    local: Local = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove one record everywhere.

    Erases its item, its messages in the dead-letter and invalid message queues, and its executions.
    Reports what remains, and until when. Exits with 1 if something could not be removed.

    Example: ./nox -s pipeline -- erase dev-key-order-4711 --env dev
    """
    if as_json and not yes:
        raise typer.BadParameter("JSON output cannot ask a question: add --yes", param_hint="--json")
    chosen = target(env, local=local)
    since = datetime.now(UTC) - retention(chosen) - timedelta(days=1)
    with progress() as show:
        show("looking for the record")
        record = find_record(chosen, id_, since)
    if not as_json:
        _print_record(record)
    if not yes and not agreed(
        "Erase it, with the histories of all executions that had it, which also hold other messages?"
    ):
        raise CommandError("nothing was erased; to skip the question, add --yes")
    with progress() as show:
        erasure = erase_record(chosen, record, since, show)
    if erasure.nothing:
        raise CommandError(f"nothing was found for {id_} in {chosen.environment}")
    unrecorded = operations_log.record(chosen, "erase", erasure.entry(record.execution_id))
    left = remains(chosen, record, erasure)
    if as_json:
        print_json({**erasure.entry(record.execution_id), "undone": erasure.undone, "remains": left})
    else:
        _print_result(erasure, left)
    if erasure.undone:
        raise CommandError("\n    ".join(("not all of it was erased:", *erasure.undone, *filter(None, [unrecorded]))))
    if unrecorded:
        raise CommandError(unrecorded)


def _print_record(record: ErasableRecord) -> None:
    item = record.item or {}
    print(f"execution_id  {printable(record.execution_id)}")
    print(f"message_id    {printable(str(item.get('message_id') or ', '.join(sorted(record.message_ids)) or '-'))}")
    print(f"stored_at     {printable(str(item.get('stored_at', 'it is not in the table')))}")


def _print_result(erasure: Erasure, left: list[str]) -> None:
    print("\nErased:")
    print(f"    items               {int(erasure.item)}")
    print(f"    dead letters        {erasure.dead_letters}")
    print(f"    invalid messages    {erasure.invalid_messages}")
    print(f"    executions          {len(erasure.executions)}")
    print("\nWhat remains:")
    for line in left:
        console().print(shown(f"- {line}"))
