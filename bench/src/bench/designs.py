"""The designs by their deciding figures: dollars, throughput, latency and invocations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.comparison import a_message, steady
from bench.cost import bills, usages
from bench.figures import measured_on
from bench.usage import total
from bench.variants import ALL, LOOP, OURS, PLAIN_100

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.latency_on_aws import Latency

Figures = dict[str, Any]

EXPRESS = "Express, 100 together"
ROWS = (
    "floor",
    *(variant.name for variant in ALL),
    "Standard, per message",
    "Standard, 100 together",
    "Express, per message",
    EXPRESS,
    "distributed map, per message",
)
SUMMARY = (OURS, PLAIN_100, LOOP)


def table(large: Figures, small: Figures) -> Iterator[str]:
    """Compare all designs in a Markdown table; rates and latencies are those of the large messages."""
    yield (
        f"{measured_on(large)} Rates and latencies are of messages of {large['size']:,} bytes. Those of Step Functions "
        "were not measured, and their dollars and invocations are computed."
    )
    yield ""
    yield (
        f"| | dollars per million messages of {small['size']:,} bytes | of {large['size']:,} bytes | messages/s | "
        "median | p99 | invocations per message |"
    )
    yield f"|---|{'---:|' * 6}"
    dollars = [{name: total(one) for name, one in bills(figures).items()} for figures in (small, large)]
    requests = {name: usage.lambda_requests for name, usage in usages(large).items()}
    for name in ROWS:
        prices = " | ".join(f"{found[name]:.2f}" for found in dollars)
        rates = _measured(large["variants"], name)
        yield f"| {name} | {prices} | {' | '.join(rates)} | {requests[name]:.3f} |"


def summary(large: Figures, small: Figures) -> Iterator[str]:
    """Compare this pipeline with one ordinary function and the loop in a Markdown table."""
    names = [variant.name for variant in SUMMARY]
    shown = [large["variants"][name] for name in names]
    alone = [large["variants"][steady(name)] for name in names]
    rows: dict[str, list[float]] = {
        f"dollars per million messages of {figures['size']:,} bytes": [total(bills(figures)[name]) for name in names]
        for figures in (large, small)
    }
    rows |= {
        "messages per second with a backlog, two at once, emulated": [one["messages_per_second"] for one in shown],
        "median latency of a batch, emulated, seconds": [one["median_seconds"] for one in alone],
        "invocations per message": [a_message(one)["invocations"] for one in shown],
        "durable operations per message": [a_message(one)["operations"] for one in shown],
    }
    ours, plain, loop = (one["batch_size"] for one in shown)
    yield (
        f"| | this pipeline, batches of {ours} | one Lambda function with Powertools, batches of {plain} | "
        f"an invoke per record and stage, batches of {loop} |"
    )
    yield "|---|---:|---:|---:|"
    for name, values in rows.items():
        yield f"| {name} | {' | '.join(map(_short, values))} |"
    yield ""
    floor = " and ".join(f"{total(bills(one)['floor']):.2f} at {one['size']:,} bytes" for one in (large, small))
    yield (
        f"{measured_on(large)} The designs with durable functions have the same patched SDK. Of the dollars, the queue "
        f"and the write of the item are {floor}."
    )


def alternatives(large: Figures, small: Figures, warm: Mapping[str, Latency]) -> Iterator[str]:
    """Yield the figures for choosing another design; ``warm`` has a latency for each set of parameters."""
    for figures in (small, large):
        found = {name: total(one) for name, one in bills(figures).items()}
        yield (
            f"A million messages of {figures['size']:,} bytes cost {found[OURS.name]:.2f} dollars here, "
            f"{found[PLAIN_100.name]:.2f} with `{PLAIN_100.name}`, and {found[EXPRESS]:.2f} with {EXPRESS}."
        )
    times = ", ".join(f"{one.warm:.2f} s with the parameters `{name}`" for name, one in warm.items())
    yield f"By the arithmetic above, a warm message takes {times}."


def _measured(variants: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    if name not in variants:
        return "", "", ""
    one, alone = variants[name], variants[steady(name)]
    median, p99 = (f"{alone[figure]:.2f} s" for figure in ("median_seconds", "p99_seconds"))
    return f"{one['messages_per_second']:.0f}", median, p99


def _short(value: float) -> str:
    decimals = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"
