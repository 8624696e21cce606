"""The capacity of one account, the quota that is reached first, and how many are needed: ``python -m bench.capacity``.

Quotas are AWS's, of November 2026, before any increase. The time of a batch is an input: it is measured, but on an
emulated AWS, so use your own, of one batch size or of several.
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
"""The mapping's initial concurrency, and its growth: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

OPERATIONS_OF_BATCH, OPERATIONS_OF_CHUNK = 2, 3
"""Of an execution without failures: its start and the map over several chunks; the invokes of each chunk."""

EXECUTIONS_A_SECOND = 300
"""Per account and region: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html"""
OPERATIONS_OF_EXECUTION, STATE_OF_EXECUTION = 3_000, 100 * 1024 * 1024
CONCURRENCY_OF_ACCOUNT = 1_000
"""Concurrent invocations; AWS raises the limit to tens of thousands on request."""
CONCURRENCY_OF_MAPPING = 1_000
"""The maximum of `MaximumConcurrency`."""
MESSAGES_IN_FLIGHT = 120_000
"""Per queue: received but not deleted."""
WRITE_UNITS_OF_TABLE = 40_000
"""Per second, on demand; AWS raises it on request. A partition takes 1,000, and keys spread evenly over them."""


@dataclass(frozen=True)
class Load:
    """A load, its configuration, and what it requires."""

    rate: int
    """Messages per second."""
    batch_size: int = 1_000
    chunk_size: int = 100
    message_bytes: int = 1_024
    batch_seconds: Mapping[int, float] = field(default_factory=lambda: {1_000: 1.0})
    """From start to end of an execution, by the size of its batch; its chunks run in parallel."""
    state_bytes: float = 1_300
    """Bytes written per message."""
    write_units: float = 2.0
    """Per message."""
    window_seconds: float = 1.0

    @classmethod
    def measured(cls, figures: Mapping[str, Any], growth: Mapping[str, Any]) -> Self:
        """Return a load of messages as the benchmark measured them, with the batch times that growth measured."""
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
        """Return the number of chunks in a batch."""
        return math.ceil(batch / self.chunk_size)

    @property
    def batch(self) -> int:
        """The real size of a batch: it closes when it is full, when its window is over, or at 6 MB."""
        fitting = BATCH_BYTES // (self.message_bytes + EVENT_BYTES)
        return max(1, min(self.batch_size, fitting, math.ceil(self.rate * self.window_seconds)))

    @property
    def executions(self) -> int:
        """The number of concurrent executions."""
        return math.ceil(self.rate / self.batch * self.seconds(self.batch))

    @property
    def invocations(self) -> int:
        """The number of concurrent invocations: one per chunk; the orchestrator is suspended meanwhile."""
        return self.executions * self.chunks(self.batch)

    @property
    def in_flight(self) -> int:
        """The number of messages that are received but not deleted."""
        return math.ceil(self.rate * (self.seconds(self.batch) + self.window_seconds))

    @property
    def queues(self) -> int:
        """The number of queues, each with its mapping."""
        return max(math.ceil(self.executions / CONCURRENCY_OF_MAPPING), math.ceil(self.in_flight / MESSAGES_IN_FLIGHT))

    @property
    def minutes(self) -> float:
        """The time until the mappings have scaled up to that."""
        return max(0.0, self.executions / self.queues - FIRST_CONCURRENCY) / CONCURRENCY_A_MINUTE

    @property
    def tables(self) -> int:
        """The number of tables with the quota of one."""
        return math.ceil(self.rate * self.write_units / WRITE_UNITS_OF_TABLE)

    @property
    def accounts(self) -> int:
        """The number of accounts, or regions of one account: each has its own quotas."""
        starts = math.ceil(self.rate / self.batch / EXECUTIONS_A_SECOND)
        return max(starts, math.ceil(self.invocations / CONCURRENCY_OF_ACCOUNT))

    def ceilings(self, batch: int) -> dict[str, float]:
        """Return the messages per second at which each quota is reached, with batches of that size."""
        seconds = self.seconds(batch)
        return {
            "executions started per second": EXECUTIONS_A_SECOND * batch,
            "Lambda concurrency": CONCURRENCY_OF_ACCOUNT / self.chunks(batch) * batch / seconds,
            "mapping concurrency": CONCURRENCY_OF_MAPPING * batch / seconds,
            "messages in flight": MESSAGES_IN_FLIGHT / (seconds + self.window_seconds),
            "table writes": WRITE_UNITS_OF_TABLE / self.write_units,
        }

    def breaks_first(self) -> str:
        """Name the quota that one account with one queue and one table reaches first, and the rate."""
        operations = OPERATIONS_OF_BATCH + OPERATIONS_OF_CHUNK * self.chunks(self.batch)
        if operations > OPERATIONS_OF_EXECUTION or self.batch * self.state_bytes > STATE_OF_EXECUTION:
            return "one execution's own quotas"
        name, most = min(self.ceilings(self.batch).items(), key=lambda entry: entry[1])
        return f"{name}, at {most:,.0f}/s"


def tables(one: Load, rates: Sequence[int] = RATES) -> Iterator[str]:
    """Yield the lines of two Markdown tables: one account's ceilings by batch size, and the needs of each rate."""
    yield "Messages per second of one account in one region, with one queue and one table, at each of its quotas:"
    yield ""
    yield f"| batch | {' | '.join(one.ceilings(1))} | **the least** |"
    yield f"|{'---:|' * (len(one.ceilings(1)) + 2)}"
    for size in BATCH_SIZES:
        row = one.ceilings(size).values()
        yield f"| {size:,} | {' | '.join(f'{most:,.0f}' for most in row)} | **{min(row):,.0f}** |"
    yield ""
    yield f"The resources for a rate, with `BatchSize` {one.batch_size:,} and `ChunkSize` {one.chunk_size}:"
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
