"""A steady rate for an hour: whether the latency and the memory of the processes drift."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import figures, messages
from bench.history import Tally
from bench.measure import Bench, Measurement
from bench.processes import MemoryWatch, memory_table
from bench.variants import OURS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

SIZE = 1_024
RATE = 40
"""Messages per second: about a quarter of what this machine can process."""
SENT_TOGETHER = 10
DRIFT = 1.25
"""The maximum ratio between the p99 of the second half and that of the first."""
FEWEST = 4
"""The minimum number of parts for a verdict."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a soak."""
    parser.add_argument("--soak", action="store_true", help="send at a steady rate instead")
    parser.add_argument("--minutes", type=float, default=60.0, help="of the soak (default: %(default)g)")
    parser.add_argument("--every", type=float, default=5.0, metavar="MINUTES", help="a p99 each (default: %(default)g)")
    parser.add_argument("--rate", type=int, default=RATE, help="messages a second (default: %(default)s)")
    figures.add_write_option(parser)


def run(options: argparse.Namespace) -> None:
    """Soak the pipeline with its default parameters, and print the latency over time."""
    with local_pipeline(REPOSITORY, parameters={"EnvironmentName": "bench"}) as aws:
        bench = Bench(aws)
        bench.backlog(OURS, list(messages.orders(SIZE, 2 * OURS.batch_size, seed=99)), Measurement())
        watch = MemoryWatch()
        with watch.running():
            parts = list(measure(bench, options.rate, 60 * options.minutes, 60 * options.every))
    found = figures.measured_now({"size": SIZE, "rate": options.rate, "parts": parts, "memory": watch.samples})
    print(*table(found), sep="\n")
    figures.write(options.write, found)


def measure(bench: Bench, rate: int, seconds: float, every: float) -> Iterator[dict[str, float]]:
    """Send at that rate, and yield the latencies of each part's messages."""
    bodies = messages.orders(SIZE, int(rate * seconds))
    began = time.time()
    sent: dict[str, float] = {}
    while batch := list(itertools.islice(bodies, SENT_TOGETHER)):
        sent |= bench.send(OURS, batch)
        time.sleep(max(0.0, began + len(sent) / rate - time.time()))
    bench.wait_until_empty(OURS)
    tally = Tally()
    bench.add_histories(OURS, tally)
    yield from divided(sent, tally.stored, began, every)


def divided(
    sent: Mapping[str, float], stored: Mapping[str, float], began: float, every: float
) -> Iterator[dict[str, float]]:
    """Yield the latencies of each part's messages; there are as many parts as messages were sent in."""
    latencies: defaultdict[int, list[float]] = defaultdict(list)
    for message, at in sent.items():
        latencies[int((at - began) / every)].append(stored[message] - at)
    for number, found in sorted(latencies.items()):
        part = Measurement(latencies=found)
        yield {
            "minutes": round((number + 1) * every / 60, 2),
            "messages": len(found),
            "median_seconds": round(part.percentile(0.5), 3),
            "p99_seconds": round(part.percentile(0.99), 3),
        }


def verdict(parts: Sequence[Mapping[str, float]]) -> str:
    """Compare the median p99 of the second half with that of the first."""
    if len(parts) < FEWEST:
        return f"There is no verdict: {len(parts)} parts, and it takes {FEWEST}."
    half = len(parts) // 2
    first, second = (statistics.median(part["p99_seconds"] for part in some) for some in (parts[:half], parts[-half:]))
    words = "drifts" if second / first > DRIFT else "does not drift"
    return f"The p99 {words}: that of the second half is {second / first:.2f} times that of the first, limit {DRIFT}."


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and the verdict."""
    yield f"{figures.measured_on(found)} {found['rate']} messages per second of {found['size']:,} bytes."
    yield ""
    yield "| until minute | messages | median | p99 |"
    yield "|---:|---:|---:|---:|"
    for part in found["parts"]:
        yield (
            f"| {part['minutes']:g} | {part['messages']:,} | {part['median_seconds']:.2f} s | "
            f"{part['p99_seconds']:.2f} s |"
        )
    yield ""
    yield verdict(found["parts"])
    yield ""
    yield from memory_table(found["memory"])
