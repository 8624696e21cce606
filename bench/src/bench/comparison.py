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
    counts = {name: value for name, value in vars(one.tally).items() if name != "stored"}
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
        "handler_seconds": one.handler_seconds,
        "computing_seconds": one.computing_seconds,
        **counts,
    }


def a_message(one: Mapping[str, Any]) -> dict[str, float]:
    """Divide by the messages what was counted: operations, invocations of all functions, bytes of state."""
    counts = {
        "operations": one["operations"],
        "invocations": sum((one["orchestrator_invocations"], *one["service_invocations"].values())),
        "state_bytes": sum(one["state_bytes"].values()),
    }
    return {name: count / one["messages"] for name, count in counts.items()}


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
        each, own = a_message(one), one["orchestrator_invocations"] / one["messages"]
        yield (
            f"| {name} | {one['messages']:,} + {alone['messages']:,} | {one['messages_per_second']:.1f} | "
            f"{alone['messages_per_second']:.1f} | {alone['median_seconds']:.2f} s | {alone['p99_seconds']:.2f} s | "
            f"{own:.3f} | {each['invocations'] - own:.3f} | {each['operations']:.3f} | {each['state_bytes']:,.0f} |"
        )
    yield from ("", "```", *goals(figures), "```")


def goals(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say of each goal whether the figures meet it."""
    ours = figures["variants"]["ours"]
    each = a_message(ours)
    for how, named in (("with a backlog", str), ("a batch at a time", steady)):
        one, other = (figures["variants"][named(name)]["messages_per_second"] for name in ("ours", "loop"))
        yield goal_line(f"throughput {how}, times the loop's", one / other, FASTER, at_least=True)
    yield goal_line("operations a message", each["operations"], OPERATIONS)
    yield goal_line("invocations a message", each["invocations"], INVOCATIONS)
    copies = each["state_bytes"] * ours["messages"] / ours["body_bytes"]
    yield goal_line("bytes of state written, times the message's size", copies, COPIES)


def goal_line(what: str, value: float, bound: float, *, at_least: bool = False) -> str:
    """Say whether a value is within a bound."""
    met = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{'met    ' if met else 'NOT MET'}  {what}: {value:.3g}, goal {sign} {bound:g}"
