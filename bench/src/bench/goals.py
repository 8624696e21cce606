"""The goals, and whether the figures meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.comparison import a_message
from bench.cost import bills
from bench.usage import total
from bench.variants import LOOP, OURS, PLAIN_100

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIMES_THE_FLOOR = {100: 1.25, 1_024: 1.30}
"""In dollars, by the bytes of a message."""
TIMES_PLAIN = 1.2
FASTER = 25.0
MILLISECONDS = 1.5
OPERATIONS, INVOCATIONS, COPIES = 0.06, 0.15, 5.0


def goals(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line per goal on whether the figures meet it: those of the first file, and the costs of all."""
    yield from _speed(found[0]["variants"])
    for figures in sorted(found, key=lambda one: int(one["size"])):
        yield from _costs(figures)


def _speed(variants: Mapping[str, Any]) -> Iterator[str]:
    ours, loop = variants[OURS.name], variants[LOOP.name]
    each = a_message(ours)
    faster = ours["messages_per_second"] / loop["messages_per_second"]
    yield goal_line("throughput with a backlog, times the loop's", faster, FASTER, at_least=True)
    busy = sum(ours["processor_seconds"][name] for name in ("orchestrator", "storer"))
    yield goal_line("processor time of orchestrator and storer, ms", 1_000 * busy / ours["messages"], MILLISECONDS)
    yield goal_line("operations per message", each["operations"], OPERATIONS)
    yield goal_line("invocations per message", each["invocations"], INVOCATIONS)
    copies = each["state_bytes"] * ours["messages"] / ours["body_bytes"]
    yield goal_line("bytes of state written, times the message's size", copies, COPIES)


def _costs(figures: Mapping[str, Any]) -> Iterator[str]:
    size = figures["size"]
    dollars = {name: total(one) for name, one in bills(figures).items()}
    ours, floor = dollars[OURS.name], dollars["floor"]
    if bound := TIMES_THE_FLOOR.get(size):
        shown = {
            name: dollars[f"{OURS.name}, {name}"] / floor for name in ("event counted", "event counted, with logs")
        }
        beside = ", ".join(f"{times:.3g} {name}" for name, times in shown.items())
        yield f"{goal_line(f'dollars at {size:,} bytes, times the floor', ours / floor, bound)} ({beside})"
    plain = dollars[PLAIN_100.name]
    yield goal_line(f"dollars at {size:,} bytes, times those of {PLAIN_100.name}", ours / plain, TIMES_PLAIN)


def goal_line(what: str, value: float, bound: float, *, at_least: bool = False) -> str:
    """Format whether a value is within a bound."""
    met = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{'met    ' if met else 'NOT MET'}  {what}: {value:.3g}, goal {sign} {bound:g}"
