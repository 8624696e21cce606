"""A comparison of the designs, as figures and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import measured_on
from bench.variants import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.measure import Measurement
    from bench.variants import Variant


def steady(name: str) -> str:
    """Return the name of a variant's measurement with one batch at a time."""
    return f"{name}, a batch at a time"


def as_json(variant: Variant, one: Measurement) -> dict[str, Any]:
    """Return the sums over all messages of a measurement, with its rate and, if it has any, its latencies."""
    counts = {name: value for name, value in vars(one.tally).items() if name != "stored"}
    latencies = (
        {"median_seconds": round(one.percentile(0.5), 3), "p99_seconds": round(one.percentile(0.99), 3)}
        if one.latencies
        else {}
    )
    return {
        "batch_size": variant.batch_size,
        "messages": one.messages,
        "body_bytes": one.body_bytes,
        "seconds": round(one.seconds, 3),
        "messages_per_second": round(one.rate, 2),
        **latencies,
        "handler_seconds": _rounded(one.handler_seconds),
        "computing_seconds": _rounded(one.computing_seconds),
        "processor_seconds": _rounded(one.processor_seconds),
        "log_bytes": one.log_bytes,
        **counts,
    }


def a_message(one: Mapping[str, Any]) -> dict[str, float]:
    """Divide the counts by the messages: operations, invocations of all functions, bytes of state."""
    counts = {
        "operations": one["operations"],
        "invocations": sum((one["orchestrator_invocations"], *one["service_invocations"].values())),
        "state_bytes": sum(one["state_bytes"].values()),
    }
    return {name: count / one["messages"] for name, count in counts.items()}


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """Compare the variants in a Markdown table."""
    yield f"{measured_on(figures)} Messages of {figures['size']:,} bytes."
    yield ""
    yield (
        "| | batch | messages | messages/s | a batch at a time | median | p99 | invocations per message | "
        "operations | bytes of state | processor time, ms |"
    )
    yield f"|---|{'---:|' * 10}"
    for name in (variant.name for variant in ALL):
        one, alone = figures["variants"][name], figures["variants"][steady(name)]
        each, busy = a_message(one), 1_000 * sum(one["processor_seconds"].values()) / one["messages"]
        yield (
            f"| {name} | {one['batch_size']} | {one['messages']:,} + {alone['messages']:,} | "
            f"{one['messages_per_second']:.1f} | {alone['messages_per_second']:.1f} | "
            f"{alone['median_seconds']:.2f} s | {alone['p99_seconds']:.2f} s | {each['invocations']:.3f} | "
            f"{each['operations']:.3f} | {each['state_bytes']:,.0f} | {busy:.2f} |"
        )


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in seconds.items()}
