"""Committed figures as Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.cold_start import ColdStart
from bench.report import BACKLOG, goals, steady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bench.cost import Bill


def measured(figures: Mapping[str, Any]) -> str:
    """Say when and where."""
    return f"Measured on {figures['measured']['date']} on a {figures['measured']['machine']}."


def comparison(figures: Mapping[str, Any]) -> Iterator[str]:
    """Compare the variants."""
    yield f"{measured(figures)} Messages of {figures['size']:,} bytes."
    yield ""
    yield (
        "| | messages | messages/s | a batch at a time | median | p99 | orchestrator's invocations a message | "
        "services' invocations | operations | bytes of state |"
    )
    yield f"|---|{'---:|' * 9}"
    for name in BACKLOG:
        one, alone = figures["variants"][name], figures["variants"][steady(name)]
        each = one["messages"]
        yield (
            f"| {name} | {each:,} + {alone['messages']:,} | {one['messages_per_second']:.1f} | "
            f"{alone['messages_per_second']:.1f} | {alone['median_seconds']:.2f} s | "
            f"{alone['p99_seconds']:.2f} s | {one['orchestrator_invocations'] / each:.3f} | "
            f"{sum(one['service_invocations'].values()) / each:.3f} | {one['operations'] / each:.3f} | "
            f"{sum(one['state_bytes'].values()) / each:,.0f} |"
        )
    yield ""
    yield "```"
    yield from goals(figures)
    yield "```"


_VARIED = ("messages", "batch_size", "chunk_size", "size")


def growth(figures: Mapping[str, Any]) -> Iterator[str]:
    """Give what the plots show."""
    yield measured(figures)
    yield ""
    yield "| varied | messages | batch | chunk | bytes | messages/s | KB/s | operations | invocations | state, bytes |"
    yield f"|---|{'---:|' * 9}"
    for row in sorted(figures["points"], key=lambda row: [row["series"], *(row[name] for name in _VARIED)]):
        yield (
            f"| {row['series']} | {row['messages']:,} | {row['batch_size']:,} | {row['chunk_size']} | "
            f"{row['size']:,} | {row['messages_per_second']:.0f} | "
            f"{row['messages_per_second'] * row['size'] / 1_000:,.0f} | {row['operations']:.3f} | "
            f"{row['invocations']:.3f} | {row['state_bytes']:,.0f} |"
        )


def profile(figures: Mapping[str, Any]) -> Iterator[str]:
    """Give what the profile printed."""
    yield f"{measured(figures)} Messages of {figures['size']:,} bytes."
    yield ""
    yield "```"
    yield from figures["lines"]
    yield "```"


def cold_start(figures: Mapping[str, Any], table: Callable[[Iterable[ColdStart]], Iterator[str]]) -> Iterator[str]:
    """Give the table of cold starts."""
    yield f"{measured(figures)} The handlers are imported by {figures['measured']['interpreter']}."
    yield ""
    yield from table(ColdStart(**service) for service in figures["services"])


def summary(figures: Mapping[str, Any], bills: Mapping[str, Bill]) -> Iterator[str]:
    """Give the few figures of the README."""
    ours, loop = (figures["variants"][name] for name in ("ours", "loop"))
    rows = {
        "durable operations a message": [one["operations"] / one["messages"] for one in (ours, loop)],
        "invocations a message": [_invocations(one) / one["messages"] for one in (ours, loop)],
        "bytes of state a message": [sum(one["state_bytes"].values()) / one["messages"] for one in (ours, loop)],
        "messages a second with a backlog, two executions at once, emulated": [
            one["messages_per_second"] for one in (ours, loop)
        ],
        "messages a second, a batch at a time, emulated": [
            figures["variants"][steady(name)]["messages_per_second"] for name in ("ours", "loop")
        ],
        "dollars a million messages": [bills[name].total for name in ("ours", "loop")],
    }
    yield (
        f"| messages of {figures['size']:,} bytes | this pipeline, batches of 100 | "
        "an invoke for each record and stage, batches of 5 |"
    )
    yield "|---|---:|---:|"
    for name, values in rows.items():
        yield f"| {name} | {' | '.join(map(_short, values))} |"
    yield ""
    yield (
        f"{measured(figures)} The queue and the write of the item alone cost "
        f"{bills['floor'].total:.2f} dollars a million messages."
    )


def _short(value: float) -> str:
    decimals = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"


def _invocations(one: Mapping[str, Any]) -> float:
    return float(one["orchestrator_invocations"] + sum(one["service_invocations"].values()))
