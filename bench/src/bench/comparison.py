"""The pipeline beside its baselines, as figures, as a table, and against the goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import measured_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.measure import Measurement

FASTER, OPERATIONS, INVOCATIONS, COPIES = 50.0, 0.06, 0.15, 5.0


def steady(name: str) -> str:
    """Name the measurement of a variant that got a batch at a time, beside that with a backlog."""
    return f"{name}, a batch at a time"


def as_json(one: Measurement) -> dict[str, Any]:
    """Give the sums over all messages of a measurement, with its rate, and its latencies if it has any."""
    tally = one.tally
    latencies = (
        {"median_seconds": round(one.percentile(0.5), 3), "p99_seconds": round(one.percentile(0.99), 3)}
        if one.latencies
        else {}
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
        "service_invocations": dict(tally.service_invocations),
        "handler_seconds": dict(one.handler_seconds),
        "computing_seconds": dict(one.computing_seconds),
        "input_bytes": tally.input_bytes,
        "state_bytes": dict(tally.state_bytes),
        "result_bytes": tally.result_bytes,
    }


def invocations(one: Mapping[str, Any]) -> int:
    """Count the invocations of the orchestrator and of the services."""
    return sum((one["orchestrator_invocations"], *one["service_invocations"].values()))


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """Compare the variants in a Markdown table, with the goals below."""
    yield f"{measured_on(figures)} Messages of {figures['size']:,} bytes."
    yield ""
    yield (
        "| | messages | messages/s | a batch at a time | median | p99 | orchestrator's invocations a message | "
        "services' invocations | operations | bytes of state |"
    )
    yield f"|---|{'---:|' * 9}"
    for name in ("ours", "map", "loop"):
        one, alone = figures["variants"][name], figures["variants"][steady(name)]
        each = one["messages"]
        yield (
            f"| {name} | {each:,} + {alone['messages']:,} | {one['messages_per_second']:.1f} | "
            f"{alone['messages_per_second']:.1f} | {alone['median_seconds']:.2f} s | "
            f"{alone['p99_seconds']:.2f} s | {one['orchestrator_invocations'] / each:.3f} | "
            f"{sum(one['service_invocations'].values()) / each:.3f} | {one['operations'] / each:.3f} | "
            f"{sum(one['state_bytes'].values()) / each:,.0f} |"
        )
    yield from ("", "```", *goals(figures), "```")


def goals(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say of each goal whether the figures meet it."""
    ours = figures["variants"]["ours"]
    each = ours["messages"]
    for how, named in (("with a backlog", str), ("a batch at a time", steady)):
        one, other = (figures["variants"][named(name)]["messages_per_second"] for name in ("ours", "loop"))
        yield goal_line(f"throughput {how}, times the loop's", one / other, FASTER, at_least=True)
    yield goal_line("operations a message", ours["operations"] / each, OPERATIONS)
    yield goal_line("invocations a message", invocations(ours) / each, INVOCATIONS)
    copies = sum(ours["state_bytes"].values()) / ours["body_bytes"]
    yield goal_line("bytes of state written, times the message's size", copies, COPIES)


def goal_line(what: str, value: float, bound: float, *, at_least: bool = False) -> str:
    """Say whether a value is within a bound."""
    met = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{'met    ' if met else 'NOT MET'}  {what}: {value:.3g}, goal {sign} {bound:g}"
