"""The command `verify`."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from local_aws.terminal import shown
from pipeline_cli.json_lines import BodyLine
from pipeline_cli.message_check import MessageCheck
from pipeline_cli.options import Env, Json, Local, target
from pipeline_cli.patience import Patience
from pipeline_cli.printing import console, print_json, print_note
from pipeline_cli.progress import progress
from pipeline_cli.repository import find_repository
from pipeline_cli.rules import UNKNOWN_PROCESSING_TYPE, UnknownType

from pipeline_demo.command import EXPECTED, SAMPLES
from pipeline_demo.lines import read_lines
from pipeline_demo.verdict import Expected
from pipeline_demo.verifying.marked_lines import marked_lines
from pipeline_demo.verifying.promises import State, judge
from pipeline_demo.verifying.removal import remove
from pipeline_demo.verifying.verification import opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_cli.rules import Problem
    from pipeline_contracts.envelopes import Envelope
    from rich.console import Console

    from pipeline_demo.lines import Line
    from pipeline_demo.verifying.marked_lines import MarkedLines
    from pipeline_demo.verifying.promises import Promise
    from pipeline_demo.verifying.removal import Removal

_COLOURS = {State.MET: "green", State.NOT_MET: "bold red", State.NOT_SEEN: "yellow"}
_INDENT = 14
_SOME = 20


def verify(
    env: Env = None,
    *,
    local: Local = False,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Limit of each of the two waits.")] = 300,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove the items and messages of this run at the end.")
    ] = False,
    json: Json = False,
) -> None:
    """Send the demo's messages to an environment, and check each promise there.

    The environment may be in use: the run finds its own messages by their ids, and purges nothing. Messages of others
    in the invalid message queue and in the dead-letter queue are hidden from other readers meanwhile. Exits with 1
    unless every promise is met.

    Example: ./nox -s pipeline -- verify --env dev --clean
    """
    repository, chosen = find_repository(), target(env, local=local)
    envelope = chosen.intake.envelope
    lines = _lines(repository, envelope, uuid.uuid4().hex[:8])
    problems = _problems(repository, envelope, lines.all)
    began, removal = time.monotonic(), None
    with opened(chosen, lines) as verification:
        with progress() as show:
            verification.run(Patience(timeout), show)
        findings = verification.findings(problems)
        promises = judge(findings)
        if clean:
            removal = remove(chosen, verification, lines.run)
    seconds = time.monotonic() - began
    if json:
        print_json(_as_json(chosen.environment, lines.run, promises, removal))
    else:
        _print(console(), promises)
        met = sum(promise.state is State.MET for promise in promises)
        print(f"\n{chosen.environment}, run {lines.run}: {met} of {len(promises)} promises are met, in {seconds:.1f} s")
        if findings.messages:
            print(f"To follow one of them: pipeline trace {findings.messages[0].message.message_id}")
    if removal and not json:
        print(removal)
        for left in removal.left:
            print_note(left)
    if any(promise.state is not State.MET for promise in promises) or (removal and removal.left):
        raise typer.Exit(1)


def _lines(repository: Path, envelope: Envelope, run: str) -> MarkedLines:
    """Mark the samples, except those of unknown processing types: an environment may store or reject these."""
    samples, _ = read_lines(repository / SAMPLES)
    expected = Expected.read(repository / EXPECTED, [line.number for line in samples], dead_letters=False)
    strictly = _problems(repository, envelope, samples, UnknownType.REJECT)
    unknown = {number for number, problem in strictly.items() if problem.code == UNKNOWN_PROCESSING_TYPE}
    return marked_lines([line for line in samples if line.number not in unknown], expected.outcomes, run)


def _problems(
    repository: Path, envelope: Envelope, lines: Sequence[Line], unknown_type: UnknownType = UnknownType.ACCEPT
) -> dict[int, Problem]:
    with MessageCheck(repository, envelope, unknown_type=unknown_type) as checking:
        checked = checking.check([BodyLine(line.number, line.body) for line in lines])
        return {one.number: one.problem for one in checked if one.problem}


def _print(out: Console, promises: Sequence[Promise]) -> None:
    for promise in promises:
        first = shown(f"{promise.state:<{_INDENT}}", _COLOURS[promise.state])
        out.print(first.append_text(shown(promise.name, "bold")), soft_wrap=True)
        for text in (promise.seen, f"by {promise.how}"):
            out.print(shown(" " * _INDENT + text), soft_wrap=True)
        for problem in promise.problems[:_SOME]:
            out.print(shown(" " * _INDENT + problem, "red"), soft_wrap=True)
        if len(promise.problems) > _SOME:
            out.print(" " * _INDENT + f"… and {len(promise.problems) - _SOME} more", highlight=False)


def _as_json(environment: str, run: str, promises: Sequence[Promise], removal: Removal | None) -> dict[str, Any]:
    return {
        "environment": environment,
        "run": run,
        "promises": [asdict(promise) for promise in promises],
        "removed": asdict(removal) if removal else None,
    }
