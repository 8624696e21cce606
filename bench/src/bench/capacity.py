"""What one account takes, what breaks first, and how many of what it takes: ``python -m bench.capacity``.

Quotas are AWS's, of November 2026, before any increase. The time of a batch is an input: it is measured, but on an
emulated AWS, so put your own in, of one batch size or of several.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from bench.comparison import a_message
from bench.usage import EVENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RATES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
BATCH_SIZES = (1, 10, 100, 1_000)

BATCH_BYTES = 6 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

FIRST_CONCURRENCY, CONCURRENCY_A_MINUTE = 5, 300
"""How the mapping starts, and what it adds: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

OPERATIONS_OF_BATCH, OPERATIONS_OF_CHUNK = 2, 3
"""Of an execution in which nothing fails: its start and the map over several chunks; the invokes of each."""

EXECUTIONS_A_SECOND = 300
"""An account in one region: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html"""
OPERATIONS_OF_EXECUTION, STATE_OF_EXECUTION = 3_000, 100 * 1024 * 1024
CONCURRENCY_OF_ACCOUNT = 1_000
"""Invocations at once; AWS raises it to tens of thousands on request."""
CONCURRENCY_OF_MAPPING = 1_000
"""The most that `MaximumConcurrency` can be."""
MESSAGES_IN_FLIGHT = 120_000
"""A queue: received and not deleted."""
WRITE_UNITS_OF_TABLE = 40_000
"""A second, on demand; AWS raises it on request. A partition takes 1,000, and keys spread evenly over them."""


@dataclass(frozen=True)
class Load:
    """What is to be carried, how it is configured, and what it needs."""

    rate: int
    """Messages a second."""
    batch_size: int = 1_000
    chunk_size: int = 100
    message_bytes: int = 1_024
    batch_seconds: Mapping[int, float] = field(default_factory=lambda: {1_000: 1.0})
    """From the start of an execution to its end, by the size of its batch; its chunks run at once."""
    state_bytes: float = 1_300
    """Written, for a message."""
    write_units: float = 2.0
    """For a message."""
    window_seconds: float = 1.0

    @classmethod
    def measured(cls, figures: Mapping[str, Any], growth: Mapping[str, Any]) -> Self:
        """Give a load of messages as the benchmark measured them, in batches of the times that growth measured."""
        ours = figures["variants"]["ours"]
        rows = [row for row in growth["points"] if row["series"] == "batch size"]
        return cls(
            rate=1,
            message_bytes=figures["size"],
            chunk_size=rows[0]["chunk_size"],
            batch_seconds={row["batch_size"]: row["seconds_of_execution"] for row in rows},
            state_bytes=a_message(ours)["state_bytes"],
            write_units=figures["write_units"],
        )

    def seconds(self, batch: int) -> float:
        """Return the time of a batch: of the next larger one that was measured, or in proportion to the largest."""
        larger = [size for size in self.batch_seconds if size >= batch]
        nearest = min(larger) if larger else max(self.batch_seconds)
        return self.batch_seconds[nearest] * max(1, batch / nearest)

    def chunks(self, batch: int) -> int:
        """Count the chunks of a batch."""
        return math.ceil(batch / self.chunk_size)

    @property
    def batch(self) -> int:
        """Messages that a batch really has: it closes when it is full, when its window is over, or at 6 MB."""
        fitting = BATCH_BYTES // (self.message_bytes + EVENT_BYTES)
        return max(1, min(self.batch_size, fitting, math.ceil(self.rate * self.window_seconds)))

    @property
    def executions(self) -> int:
        """Under way at once."""
        return math.ceil(self.rate / self.batch * self.seconds(self.batch))

    @property
    def invocations(self) -> int:
        """Under way at once: one for each chunk; the orchestrator is suspended meanwhile."""
        return self.executions * self.chunks(self.batch)

    @property
    def in_flight(self) -> int:
        """Messages that were received and not deleted."""
        return math.ceil(self.rate * (self.seconds(self.batch) + self.window_seconds))

    @property
    def queues(self) -> int:
        """Queues, each with its mapping."""
        return max(math.ceil(self.executions / CONCURRENCY_OF_MAPPING), math.ceil(self.in_flight / MESSAGES_IN_FLIGHT))

    @property
    def minutes(self) -> float:
        """Until the mappings have grown to that."""
        return max(0.0, self.executions / self.queues - FIRST_CONCURRENCY) / CONCURRENCY_A_MINUTE

    @property
    def tables(self) -> int:
        """Tables with the quota of one."""
        return math.ceil(self.rate * self.write_units / WRITE_UNITS_OF_TABLE)

    @property
    def accounts(self) -> int:
        """Accounts, or regions of one account: each has its own quotas."""
        starts = math.ceil(self.rate / self.batch / EXECUTIONS_A_SECOND)
        return max(starts, math.ceil(self.invocations / CONCURRENCY_OF_ACCOUNT))

    def ceilings(self, batch: int) -> dict[str, float]:
        """Return the messages a second at which each quota is reached, with batches of that many."""
        seconds = self.seconds(batch)
        return {
            "executions started per second": EXECUTIONS_A_SECOND * batch,
            "Lambda concurrency": CONCURRENCY_OF_ACCOUNT / self.chunks(batch) * batch / seconds,
            "mapping concurrency": CONCURRENCY_OF_MAPPING * batch / seconds,
            "messages in flight": MESSAGES_IN_FLIGHT / (seconds + self.window_seconds),
            "table writes": WRITE_UNITS_OF_TABLE / self.write_units,
        }

    def breaks_first(self) -> str:
        """Name the quota that one account with one queue and one table reaches first, and where."""
        operations = OPERATIONS_OF_BATCH + OPERATIONS_OF_CHUNK * self.chunks(self.batch)
        if operations > OPERATIONS_OF_EXECUTION or self.batch * self.state_bytes > STATE_OF_EXECUTION:
            return "one execution's own quotas"
        name, most = min(self.ceilings(self.batch).items(), key=lambda entry: entry[1])
        return f"{name}, at {most:,.0f}/s"


def tables(one: Load, rates: Sequence[int] = RATES) -> Iterator[str]:
    """Give two Markdown tables: the ceilings of one account by batch size, and what each rate takes."""
    yield "Messages per second of one account in one region, with one queue and one table, at each of its quotas:"
    yield ""
    yield f"| batch | {' | '.join(one.ceilings(1))} | **the least** |"
    yield f"|{'---:|' * (len(one.ceilings(1)) + 2)}"
    for size in BATCH_SIZES:
        row = one.ceilings(size).values()
        yield f"| {size:,} | {' | '.join(f'{most:,.0f}' for most in row)} | **{min(row):,.0f}** |"
    yield ""
    yield f"What a rate takes, with `BatchSize` {one.batch_size:,} and `ChunkSize` {one.chunk_size}:"
    yield ""
    yield (
        "| messages/s | batch | executions/s | executions at once | invocations at once | messages in flight | "
        "write units/s | minutes to grow | queues | tables | accounts or regions | what breaks first |"
    )
    yield f"|{'---:|' * 11}---|"
    for need in (replace(one, rate=rate) for rate in rates):
        yield (
            f"| {need.rate:,} | {need.batch:,} | {need.rate / need.batch:,.1f} | {need.executions:,} | "
            f"{need.invocations:,} | {need.in_flight:,} | {need.rate * need.write_units:,.0f} | {need.minutes:.1f} | "
            f"{need.queues:,} | {need.tables:,} | {need.accounts:,} | {need.breaks_first()} |"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    default = Load(1)
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    for name in ("batch_size", "chunk_size", "message_bytes", "state_bytes", "write_units"):
        value, option = getattr(default, name), f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value, help="(default: %(default)s)")
    parser.add_argument(
        "--batch-seconds",
        type=_size_and_seconds,
        nargs="+",
        metavar="BATCH=SECONDS",
        default=list(default.batch_seconds.items()),
        help="what an execution takes with a batch of that size",
    )
    parser.add_argument("--rates", type=int, nargs="+", default=RATES, help="messages a second")
    options = vars(parser.parse_args(arguments))
    rates = options.pop("rates")
    print(*tables(Load(1, **options | {"batch_seconds": dict(options["batch_seconds"])}), rates), sep="\n")


def _size_and_seconds(text: str) -> tuple[int, float]:
    size, _, seconds = text.partition("=")
    try:
        found = int(size), float(seconds)
    except ValueError:
        found = 0, 0.0
    if min(found) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not BATCH=SECONDS, such as 100=0.4, both above zero")
    return found


if __name__ == "__main__":
    main()
