"""What was measured, as text and as JSON, and whether the goals are met."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.measure import Measurement

BACKLOG = ("ours", "map", "loop")
FASTER, OPERATIONS, INVOCATIONS, COPIES = 50.0, 0.06, 0.15, 5.0


def steady(name: str) -> str:
    """Name the measurement of a variant that got a batch at a time, beside that with a backlog."""
    return f"{name}, a batch at a time"


def comparison(measured: Mapping[str, Measurement]) -> Iterator[str]:
    """Give a line for each variant."""
    yield ""
    yield (
        f"{'':5}{'messages':>10}{'messages/s':>12}{'a batch':>10}{'median':>9}{'p99':>9}"
        f"{'orchestrator':>14}{'services':>10}{'operations':>12}{'state':>9}{'event':>9}"
    )
    yield f"{'':27}{'at a time':>10}{'':18}{'invocations, operations and bytes a message':>54}"
    for name in BACKLOG:
        one, alone = measured[name], measured[steady(name)]
        each = one.messages
        yield (
            f"{name:5}{f'{each}+{alone.messages}':>10}{one.rate:12.1f}{alone.rate:10.1f}"
            f"{alone.median:8.2f}s{alone.percentile(0.99):8.2f}s"
            f"{one.tally.orchestrator_invocations / each:14.3f}"
            f"{one.tally.service_invocations.total() / each:10.3f}"
            f"{one.tally.operations / each:12.3f}{one.tally.state_bytes.total() / each:9.0f}"
            f"{one.tally.input_bytes / each:9.0f}"
        )


def goals(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say of each goal whether the figures meet it."""
    ours, loop = figures["variants"]["ours"], figures["variants"]["loop"]
    alone, loop_alone = figures["variants"][steady("ours")], figures["variants"][steady("loop")]
    each = ours["messages"]
    invocations = ours["orchestrator_invocations"] + sum(ours["service_invocations"].values())
    copies = sum(ours["state_bytes"].values()) / ours["body_bytes"]
    for how, one, other in (("with a backlog", ours, loop), ("a batch at a time", alone, loop_alone)):
        faster = one["messages_per_second"] / other["messages_per_second"]
        yield _goal(f"throughput {how}, times the loop's", faster, FASTER, at_least=True)
    yield _goal("operations a message", ours["operations"] / each, OPERATIONS)
    yield _goal("invocations a message", invocations / each, INVOCATIONS)
    yield _goal("bytes of state written, times the message's size", copies, COPIES)


def figures(measured: Mapping[str, Measurement], size: int, kind: str) -> dict[str, Any]:
    """Give all figures, with the machine and the date."""
    return {
        "measured": measured_on(),
        "size": size,
        "kind": kind,
        "write_units": measured["ours"].write_units / measured["ours"].messages,
        "variants": {name: as_json(one) for name, one in measured.items()},
    }


def measured_on() -> dict[str, str]:
    """Name the day and the machine."""
    machine = f"virtual machine with {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"date": datetime.now(UTC).date().isoformat(), "machine": machine}


def as_json(one: Measurement) -> dict[str, Any]:
    """Give the sums over all messages of a measurement, with its rate, and its latencies if it has any."""
    tally = one.tally
    latencies = (
        {"median_seconds": round(one.median, 3), "p99_seconds": round(one.percentile(0.99), 3)} if one.latencies else {}
    )
    return {
        "messages": one.messages,
        "body_bytes": one.body_bytes,
        "seconds": round(one.seconds, 3),
        "messages_per_second": round(one.rate, 2),
        **latencies,
        "executions": tally.executions,
        "execution_seconds": round(tally.execution_seconds, 3),
        "operations": tally.operations,
        "orchestrator_invocations": tally.orchestrator_invocations,
        "service_invocations": dict(sorted(tally.service_invocations.items())),
        "handler_seconds": {name: round(value, 4) for name, value in sorted(one.handler_seconds.items())},
        "computing_seconds": {name: round(value, 4) for name, value in sorted(one.computing_seconds.items())},
        "input_bytes": tally.input_bytes,
        "state_bytes": dict(sorted(tally.state_bytes.items())),
        "result_bytes": tally.result_bytes,
    }


def _goal(what: str, value: float, bound: float, *, at_least: bool = False) -> str:
    met = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{'met    ' if met else 'NOT MET'}  {what}: {value:.3g}, goal {sign} {bound:g}"
