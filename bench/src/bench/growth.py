"""``python -m bench.growth``: whether a message costs the same when there are more of them, or larger ones."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_aws.signals import ending_signals_raise
from pipeline_cli.local import local_pipeline

from bench import messages, report
from bench.measure import Bench, Measurement
from bench.plots import write_plots
from bench.variants import EXECUTIONS_AT_ONCE, OURS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.variants import Variant

REPOSITORY = Path(__file__).resolve().parents[3]
FIGURES = REPOSITORY / "docs" / "scaling" / "growth.json"


@dataclass(frozen=True)
class Point:
    """One run: so many messages of a size, in batches and chunks of a size."""

    series: str
    """What varies."""
    messages: int = 1_000
    batch_size: int = 100
    chunk_size: int = 100
    size: int = 1_024

    @property
    def deployment(self) -> dict[str, str]:
        """The parameters of the stack."""
        return {
            "EnvironmentName": "bench",
            "BatchSize": str(self.batch_size),
            "ChunkSize": str(self.chunk_size),
            "MaximumConcurrency": str(EXECUTIONS_AT_ONCE),
            # Longer than a batch takes to receive, so that each is full.
            "BatchingWindowSeconds": "10",
        }

    @property
    def backlog(self) -> int:
        """Messages that wait at once: MiniStack goes through all of them at each call, which SQS does not."""
        return max(1_000, 2 * EXECUTIONS_AT_ONCE * self.batch_size)


ALONE = 4
"""Batches of each point that come one after the other, which gives the time of an execution with nothing beside it."""
POINTS = (
    *(Point("messages", messages=count) for count in (1_000, 10_000)),
    *(Point("batch size", messages=4_000, batch_size=size) for size in (10, 100, 1_000)),
    *(Point("chunk size", messages=4_000, batch_size=1_000, chunk_size=size) for size in (10, 50, 100, 200)),
    *(
        Point("message size", messages=count, size=size)
        for size, count in ((100, 2_000), (2_048, 2_000), (51_200, 400))
    ),
)
FULL = (Point("messages", messages=100_000),)


def measure(points: Iterable[Point]) -> list[dict[str, Any]]:
    """Run the points, those with the same parameters on one deployment."""
    deployments: dict[str, list[Point]] = {}
    for point in points:
        deployments.setdefault(json.dumps(point.deployment), []).append(point)
    found = []
    for parameters, together in deployments.items():
        with local_pipeline(REPOSITORY, parameters=json.loads(parameters)) as aws:
            bench = Bench(aws)
            ours = replace(OURS, batch_size=together[0].batch_size)
            bench.backlog(ours, list(messages.orders(1_024, 4 * ours.batch_size, seed=99)), Measurement())
            for number, point in enumerate(together):
                bodies = list(messages.orders(point.size, point.messages, seed=number))
                alone = _in_slices(bench, ours, bodies[: ALONE * point.batch_size], point.batch_size)
                if alone.tally.executions != ALONE:
                    raise RuntimeError(f"{ALONE} full batches made {alone.tally.executions} executions")
                found.append(_row(point, _in_slices(bench, ours, bodies, point.backlog), alone))
                print(_line(found[-1]), flush=True)
    return found


def _in_slices(bench: Bench, variant: Variant, bodies: list[str], length: int) -> Measurement:
    measured = Measurement()
    for start in range(0, len(bodies), length):
        bench.backlog(variant, bodies[start : start + length], measured, patience=300)
    return measured


def _row(point: Point, one: Measurement, alone: Measurement) -> dict[str, Any]:
    tally = one.tally
    return {
        "series": point.series,
        "messages": point.messages,
        "batch_size": point.batch_size,
        "chunk_size": point.chunk_size,
        "size": point.size,
        "messages_per_second": round(one.rate, 1),
        "operations": round(tally.operations / one.messages, 5),
        "invocations": round((tally.orchestrator_invocations + tally.service_invocations.total()) / one.messages, 5),
        "state_bytes": round(tally.state_bytes.total() / one.messages, 1),
        "seconds_of_execution": round(alone.tally.execution_seconds / alone.tally.executions, 3),
    }


def _line(row: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value}" for name, value in row.items())


def main(arguments: list[str] | None = None) -> int:
    """Run the points and write figures and plots."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--full", action="store_true", help="100,000 messages too, twenty minutes in all")
    parser.add_argument("--only", metavar="SERIES", help="of the series, this one alone; the others stay as they are")
    parser.add_argument("--plots", action="store_true", help="draw the figures that are there, and measure nothing")
    options = parser.parse_args(arguments)
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"points": []}
    if not options.plots:
        points = [point for point in POINTS + FULL * options.full if options.only in (None, point.series)]
        with ending_signals_raise():
            measured = measure(points)
        kept = [row for row in figures["points"] if options.only and row["series"] != options.only]
        figures = {"measured": report.measured_on(), "points": kept + measured}
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(f"{json.dumps(figures, indent=1)}\n", encoding="utf-8")
    write_plots(figures, FIGURES.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
