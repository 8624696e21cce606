"""The history of an execution as a tree: each operation is below its context."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_aws.terminal import shown
from rich.tree import Tree

from pipeline_cli.executions.exchanges import decoded, plain, verdict_of
from pipeline_cli.executions.history import INVOKE, WAIT
from pipeline_cli.executions.timeline import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rich.text import Text

    from pipeline_cli.executions.history import History, Operation

_STYLES = {"SUCCEEDED": "green", "FAILED": "red", "TIMED_OUT": "red", "STOPPED": "red"}


def tree(history: History, kept: Collection[str] | None, execution_id: str | None, *, bodies: bool) -> Tree:
    """Draw the operations, or the selected ones.

    With an ``execution_id``, only its entries of requests and responses are included; with ``bodies``, they are shown.
    """
    root = Tree(_label(history.execution, history, execution_id), guide_style="dim")
    if bodies and execution_id is None:
        _add_data(root, history.execution, None)
    branches: dict[str, Tree] = {}
    for operation in history.operations:
        if kept is not None and operation.id not in kept:
            continue
        parent = branches.get(operation.parent or "", root)
        branch = branches[operation.id] = parent.add(_label(operation, history, execution_id))
        if bodies:
            _add_data(branch, operation, execution_id)
    return root


def data_of(operation: Operation, execution_id: str | None) -> Iterator[tuple[str, Any]]:
    """Yield the decoded input and result of an operation; for one record, only its entries."""
    if execution_id is not None:
        sides = (("input", operation.requested), ("result", operation.answered))
        yield from ((name, entries[execution_id]) for name, entries in sides if execution_id in entries)
        return
    for name, text in (("input", operation.input), ("result", operation.result)):
        if text is not None:
            try:
                yield name, plain(decoded(text))
            except (ValueError, RecursionError):
                yield name, text


def _label(operation: Operation, history: History, execution_id: str | None) -> Text:
    label = shown(operation.name or "execution", "bold")
    parts = [
        (operation.status, _STYLES.get(operation.status, "blue")),
        (seconds(operation.started, operation.ended), ""),
    ]
    first = history.execution.started
    if first and operation.started and operation is not history.execution:
        parts.append((f"+{(operation.started - first).total_seconds():.2f}", "dim"))
    if operation.attempts > 1:
        parts.append((f"{operation.attempts} attempts", ""))
    if operation is history.execution and history.invocations:
        parts.append((f"{history.invocations} invocations", ""))
    if operation.kind == INVOKE:
        parts += [(words, "") for words in invoke_words(operation, execution_id)]
    if operation.version:
        parts.append((f"version {operation.version}", ""))
    if operation.error and operation.kind != WAIT:
        parts.append((str(operation.error), "red"))
    if operation.truncated:
        parts.append(("part of its data was left out", "yellow"))
    for text, style in parts:
        if text:
            label.append("  ").append_text(shown(text, style))
    return label


def invoke_words(operation: Operation, execution_id: str | None) -> Iterator[str]:
    """Yield the number of records in an invoke, their results (or that of one record), and its checkpointed sizes."""
    count = len(operation.requested)
    if count:
        yield f"{count} records" if count > 1 else "1 record"
    if execution_id is not None and (entry := operation.answered.get(execution_id)):
        verdict = verdict_of(entry)
        yield ": ".join(filter(None, (verdict.status or verdict.outcome, verdict.code)))
    else:
        verdicts = [verdict_of(entry).outcome for entry in operation.answered.values()]
        if others := [f"{verdicts.count(one)} {one}" for one in dict.fromkeys(verdicts) if one != "passed"]:
            yield ", ".join(others)
    texts = [text for text in (operation.input, operation.result) if text is not None]
    if texts:
        yield " → ".join(f"{len(text.encode()):,} bytes" for text in texts)


def _add_data(branch: Tree, operation: Operation, execution_id: str | None) -> None:
    for name, value in data_of(operation, execution_id):
        text = json.dumps(value, indent=2, ensure_ascii=False)
        branch.add(shown(f"{name}: {text}", "dim", keep="\n"))
