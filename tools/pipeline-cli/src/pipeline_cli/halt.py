"""Switching the pipeline off and on, and waiting until it is on, or until nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pipeline_cli import event_source, operations_log
from pipeline_cli.errors import CommandError
from pipeline_cli.event_source import DISABLED
from pipeline_cli.queue_depth import QueueDepth
from pipeline_cli.unfinished_executions import HELD, RUNNING, Unfinished, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_cli.patience import Patience
    from pipeline_cli.target import Target

_LOOKS_IN_A_ROW = 2
"""SQS's counts are approximate, and a list of executions may be late."""


def switch(target: Target, patience: Patience, action: str, *, on: bool) -> str:
    """Let the queue start executions, or not; return why the ``action`` could not be recorded, empty if it was.

    Raises:
        CommandError: An earlier change of the mapping did not end in time.
    """
    event_source.switch(target, event_source.find(target), patience, on=on)
    return operations_log.record(target, action, {"action": action})


def wait_for_state(target: Target, state: str, patience: Patience, show: Callable[[str], None]) -> None:
    """Wait until the event source mapping reaches a state.

    Raises:
        CommandError: It does not reach the state in time.
    """
    show(f"waiting until the event source mapping is {state}")
    now = ""
    for _ in patience.looks():
        now = event_source.find(target).state
        if now == state:
            return
        show(f"the event source mapping is {now}")
    _out_of_time(patience, f"the event source mapping is {now}, not {state}")


def wait_until_nothing_runs(target: Target, patience: Patience, show: Callable[[str], None]) -> Unfinished:
    """Wait until the mapping is off and no execution runs, and return the executions that somebody has paused.

    Raises:
        CommandError: Something still runs at the end.
    """
    wait_for_state(target, DISABLED, patience, show)
    show("waiting until no execution is running")
    quiet, running = 0, Unfinished(())
    for _ in patience.looks():
        running = unfinished(target, RUNNING)
        quiet = 0 if running.arns else quiet + 1
        if quiet == _LOOKS_IN_A_ROW:
            return unfinished(target, *HELD)
        if running.arns:
            show(f"executions running: {running}")
    return _out_of_time(patience, f"executions running: {running}")


def wait_until_empty(target: Target, patience: Patience, show: Callable[[str], None]) -> None:
    """Wait until the source queue has no messages at all.

    Raises:
        CommandError: It has some at the end.
    """
    show("waiting until the source queue is empty")
    empty, depth = 0, QueueDepth(0, 0, 0)
    for _ in patience.looks():
        depth = QueueDepth.read(target.client("sqs"), target.resources.queue_url)
        empty = 0 if depth.total else empty + 1
        if empty == _LOOKS_IN_A_ROW:
            return
        if depth.total:
            show(f"messages in the source queue: {depth}")
    _out_of_time(patience, f"messages in the source queue: {depth}")


def _out_of_time(patience: Patience, state: str) -> NoReturn:
    raise CommandError(f"after {patience.seconds:g} s, {state}; --timeout SECONDS waits longer")
