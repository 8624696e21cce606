"""``python -m bench.growth``: whether the cost per message stays the same with more, or larger, messages.

With ``--soak``, whether the latency stays the same over an hour at a steady rate.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from local_aws.signals import ending_signals_raise
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import comparison, figures, messages, soak
from bench.measure import Bench, Measurement
from bench.processes import MemoryWatch, Sample, memory_table
from bench.variants import OURS, PARAMETERS, default_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.variants import Variant

CHUNK_SIZE = default_of("ChunkSize")


@dataclass(frozen=True)
class Point:
    """One run: a number of messages of a size, in batches and chunks of a size."""

    series: str
    """The varied quantity."""
    messages: int = 1_000
    batch_size: int = OURS.batch_size
    chunk_size: int = CHUNK_SIZE
    size: int = 1_024

    @property
    def deployment(self) -> dict[str, str]:
        """Return the parameters of the stack."""
        own = {"BatchSize": self.batch_size, "ChunkSize": self.chunk_size}
        return PARAMETERS | {name: str(value) for name, value in own.items()}

    @property
    def count(self) -> int:
        """Messages in full backlogs, and so in full batches: another one would wait for the end of its window."""
        return self.backlog * math.ceil(self.messages / self.backlog)

    @property
    def backlog(self) -> int:
        """Messages that wait at once: unlike SQS, MiniStack goes through all of them at each call."""
        return max(1_000, 4 * self.batch_size)


ALONE = 4
"""The number of each point's batches that run one at a time, which gives the time of an execution on its own."""
POINTS = (
    *(Point("messages", messages=count) for count in (1_000, 10_000)),
    *(Point("batch size", messages=4_000, batch_size=size) for size in sorted({10, 100, OURS.batch_size, 1_000})),
    *(
        Point("chunk size", messages=4_000, batch_size=1_000, chunk_size=size)
        for size in sorted({10, 50, 100, 200, CHUNK_SIZE})
    ),
    Point("message size", messages=2_000, size=100),
    Point("message size", messages=2_000, size=2_048),
    # Larger batches would close at 6 MB.
    Point("message size", messages=400, batch_size=min(100, OURS.batch_size), size=51_200),
)
FULL = (Point("messages", messages=100_000),)


def measure(points: Iterable[Point]) -> Iterator[tuple[dict[str, Any], list[Sample]]]:
    """Run the points, sharing a deployment between equal parameters, and yield each with its samples of memory."""
    deployments: dict[str, list[Point]] = {}
    for point in points:
        deployments.setdefault(json.dumps(point.deployment), []).append(point)
    for parameters, together in deployments.items():
        with local_pipeline(REPOSITORY, parameters=json.loads(parameters)) as aws:
            bench = Bench(aws)
            ours = replace(OURS, batch_size=together[0].batch_size)
            bench.backlog(ours, list(messages.orders(1_024, 4 * ours.batch_size, seed=99)), Measurement())
            for number, point in enumerate(together):
                bodies = list(messages.orders(point.size, point.count, seed=number))
                alone = _in_slices(bench, ours, bodies[: ALONE * point.batch_size], point.batch_size)
                if alone.tally.executions != ALONE:
                    raise RuntimeError(f"{ALONE} full batches made {alone.tally.executions} executions")
                watch = MemoryWatch()
                with watch.running():
                    measured = _in_slices(bench, ours, bodies, point.backlog)
                yield asdict(point) | {"messages": point.count} | _row(ours, measured, alone), watch.samples


def _in_slices(bench: Bench, variant: Variant, bodies: list[str], length: int) -> Measurement:
    measured = Measurement()
    for start in range(0, len(bodies), length):
        bench.backlog(variant, bodies[start : start + length], measured)
    return measured


def _row(variant: Variant, one: Measurement, alone: Measurement) -> dict[str, float]:
    each = comparison.a_message(comparison.as_json(variant, one))
    return {
        "messages_per_second": round(one.rate, 1),
        **{name: round(value, 5) for name, value in each.items()},
        "seconds_of_execution": round(alone.tally.execution_seconds / alone.tally.executions, 3),
    }


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table with the data of the plots."""
    yield figures.measured_on(found)
    yield ""
    yield "| varied | messages | batch | chunk | bytes | messages/s | KB/s | operations | invocations | state, bytes |"
    yield f"|---|{'---:|' * 9}"
    varied = ("series", "messages", "batch_size", "chunk_size", "size")
    for row in sorted(found["points"], key=lambda row: [row[name] for name in varied]):
        yield (
            f"| {row['series']} | {row['messages']:,} | {row['batch_size']:,} | {row['chunk_size']} | "
            f"{row['size']:,} | {row['messages_per_second']:.0f} | "
            f"{row['messages_per_second'] * row['size'] / 1_000:,.0f} | {row['operations']:.3f} | "
            f"{row['invocations']:.3f} | {row['state_bytes']:,.0f} |"
        )


def memory(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the memory of each part in the run with the most messages."""
    yield f"{figures.measured_on(found)} {found['messages']:,} messages."
    yield ""
    yield from memory_table(found["samples"])


def main() -> None:
    """Run the points, and write the figures that the page shows."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--full", action="store_true", help="100,000 messages too, twenty minutes in all")
    soak.add_options(parser)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    samples_of: dict[int, list[Sample]] = {}
    with ending_signals_raise():
        if options.soak:
            soak.run(options)
            return
        for row, samples in measure(POINTS + FULL * options.full):
            print(row, flush=True)
            rows.append(row)
            samples_of[row["messages"]] = samples
    figures.write(figures.FOLDER / "growth.json", figures.measured_now({"points": rows}))
    most = max(samples_of)
    figures.write(figures.FOLDER / "memory.json", figures.measured_now({"messages": most, "samples": samples_of[most]}))


if __name__ == "__main__":
    main()
