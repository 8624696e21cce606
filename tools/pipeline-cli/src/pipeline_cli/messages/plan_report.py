"""Showing a plan, and its result."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from local_aws.terminal import shown
from rich.table import Column, Table

from pipeline_cli.messages.plan import LEAVES, Decision
from pipeline_cli.printing import console, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.messages.carrying_out import Done
    from pipeline_cli.messages.plan import Planned

_MEANINGS = {
    Decision.SEND: "sent to the source queue",
    Decision.DROP: "only deleted here",
    Decision.DISCARD: "deleted",
    Decision.UNCHANGED: "stays; --unchanged sends it",
}
_DONE = {Decision.SEND: "sent", Decision.DROP: "dropped", Decision.DISCARD: "discarded"}


def print_plan(planned: Sequence[Planned], *, each: bool) -> None:
    """Print the number of messages per decision and reason, or the decision about each message."""
    if each:
        table = Table(Column("Message", no_wrap=True), Column("Record", overflow="fold"), "Decision", "Reason")
        for one in planned:
            why = f"{one.reason} (edited)" if one.edited else one.reason
            table.add_row(shown(one.message.message_id), shown(one.execution_id), one.decision.value, shown(why))
    else:
        table = Table("Messages", "Decision", "Meaning", "Reason")
        counts = Counter((one.decision, one.reason) for one in planned)
        order = list(Decision)
        for (decision, reason), count in sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1])):
            table.add_row(f"{count:,}", decision.value, meaning(decision), shown(reason))
    console().print(table)


def meaning(decision: Decision) -> str:
    """Describe what a decision means for a message."""
    return _MEANINGS.get(decision, "stays")


def plan_to_json(planned: Sequence[Planned]) -> dict[str, Any]:
    """Format a plan as JSON, without bodies."""
    return {
        "counts": dict(Counter(one.decision.value for one in planned)),
        "messages": [
            {
                "message_id": one.message.message_id,
                "execution_id": one.execution_id,
                "decision": one.decision.value,
                "reason": one.reason,
                "edited": one.edited,
            }
            for one in planned
        ],
    }


def done_to_json(done: Done) -> dict[str, Any]:
    """Format the result of a plan as JSON."""
    return {
        "counts": {decision.value: count for decision, count in done.counts.items()},
        "problems": dict(done.problems),
    }


def question(planned: Sequence[Planned], title: str) -> str:
    """Return the question that asks for confirmation of the plan."""
    counts = Counter(one.decision for one in planned)
    doing = [
        f"send {counts[Decision.SEND]:,} to the source queue" if counts[Decision.SEND] else "",
        f"only delete {counts[Decision.DROP]:,} that are stored" if counts[Decision.DROP] else "",
        f"delete {counts[Decision.DISCARD]:,} for good" if counts[Decision.DISCARD] else "",
    ]
    staying = sum(count for decision, count in counts.items() if decision not in LEAVES)
    stay = f"; {staying:,} stay" if staying else ""
    messages = counted(len(planned), "message")
    return f"Of {messages} of the {title}: {' and '.join(filter(None, doing))}{stay}. Go on?"


def summary(done: Done) -> str:
    """Summarize what was done."""
    counts = [f"{done.counts[decision]:,} {word}" for decision, word in _DONE.items() if done.counts[decision]]
    return ", ".join(counts) or "nothing was done"


def shortfall(planned: Sequence[Planned], done: Done | None, missing: int) -> str:
    """List what was asked for but not done; empty if everything was."""
    staying = sum(one.decision not in LEAVES for one in planned)
    stay = "1 message stays in its queue" if staying == 1 else f"{staying:,} messages stay in their queue"
    lines = [f"{stay}, for the reasons in the plan"] if staying else []
    if missing:
        lines.append(
            f"messages of the file not in the queue, or hidden: {missing:,}. They may be done already. "
            "One that came back has a new id: export it again"
        )
    problems = done.problems if done else {}
    lines += [f"{counted(count, 'message')}: {problem}" for problem, count in problems.items()]
    return "\n".join(lines)
