"""What one account takes, what breaks first, and how many of what it takes: ``python -m bench.capacity``.

Quotas are AWS's, of November 2026, before any increase. The time of a batch is an input: it is measured, but on an
emulated AWS, so put your own in, of one batch size or of several.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

RATES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)

BATCH_BYTES = 6 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""

EVENT_BYTES = 1_000
"""Of a message in the event, around its body. Assumption: a receipt handle of 400 characters."""

FIRST_CONCURRENCY, CONCURRENCY_A_MINUTE = 5, 300
"""How the mapping starts, and what it adds: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

OPERATIONS_OF_BATCH, OPERATIONS_OF_CHUNK = 2, 3
"""Of an execution in which nothing fails: its start and the map over several chunks; the invokes of each."""


@dataclass(frozen=True)
class Quotas:
    """What an account has in one region, or a queue, a mapping, a table in it."""

    executions_a_second: int = 300
    """An account: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html"""
    operations_of_execution: int = 3_000
    state_of_execution: int = 100 * 1024 * 1024
    concurrency_of_account: int = 1_000
    """Invocations at once; AWS raises it to tens of thousands on request."""
    concurrency_of_mapping: int = 1_000
    """The most that `MaximumConcurrency` can be."""
    messages_in_flight: int = 120_000
    """A queue: received and not deleted."""
    write_units_of_table: int = 40_000
    """A second, on demand; AWS raises it on request. A partition takes 1,000, and keys spread evenly over them."""


@dataclass(frozen=True)
class Load:
    """What is to be carried, and how it is configured."""

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
    def measured(cls, rate: int, figures: Mapping[str, Any], growth: Mapping[str, Any]) -> Self:
        """Give a load of messages as the benchmark measured them, in batches of the times that growth measured."""
        ours = figures["variants"]["ours"]
        rows = [row for row in growth["points"] if row["series"] == "batch size"]
        return cls(
            rate,
            message_bytes=figures["size"],
            batch_seconds={row["batch_size"]: row["seconds_of_execution"] for row in rows},
            state_bytes=sum(ours["state_bytes"].values()) / ours["messages"],
            write_units=figures["write_units"],
        )

    def seconds(self, batch: int) -> float:
        """Give the time of a batch: of the next larger one that was measured, or in proportion to the largest."""
        larger = [size for size in self.batch_seconds if size >= batch]
        nearest = min(larger) if larger else max(self.batch_seconds)
        return self.batch_seconds[nearest] * max(1, batch / nearest)


@dataclass(frozen=True)
class Capacity:
    """What the load needs."""

    load: Load
    batch: int
    """Messages that a batch really has."""
    executions_a_second: float
    executions: int
    """Under way at once."""
    invocations: int
    """Under way at once: one for each chunk; the orchestrator is suspended meanwhile."""
    messages_in_flight: int
    write_units: float
    operations: int
    state_bytes: float
    minutes: float
    """Until the mappings have grown to that."""
    queues: int
    tables: int
    accounts: int
    """Accounts, or regions of one account: each has its own quotas."""
    first: str
    """The quota that one account with one queue and one table reaches first, and the messages a second there."""


def capacity(load: Load, quotas: Quotas | None = None) -> Capacity:
    """Reckon what a load needs."""
    quotas = quotas or Quotas()
    # A batch closes when it is full, when its window is over, or at 6 MB.
    fitting = BATCH_BYTES // (load.message_bytes + EVENT_BYTES)
    batch = max(1, min(load.batch_size, fitting, math.ceil(load.rate * load.window_seconds)))
    chunks = math.ceil(batch / load.chunk_size)
    starts = load.rate / batch
    seconds = load.seconds(batch)
    executions = math.ceil(starts * seconds)
    invocations = executions * chunks
    in_flight = math.ceil(load.rate * (seconds + load.window_seconds))
    write_units = load.rate * load.write_units
    queues = max(
        math.ceil(executions / quotas.concurrency_of_mapping), math.ceil(in_flight / quotas.messages_in_flight)
    )
    tables = math.ceil(write_units / quotas.write_units_of_table)
    accounts = max(
        math.ceil(starts / quotas.executions_a_second), math.ceil(invocations / quotas.concurrency_of_account)
    )
    return Capacity(
        load=load,
        batch=batch,
        executions_a_second=starts,
        executions=executions,
        invocations=invocations,
        messages_in_flight=in_flight,
        write_units=write_units,
        operations=(1 if chunks == 1 else OPERATIONS_OF_BATCH) + OPERATIONS_OF_CHUNK * chunks,
        state_bytes=batch * load.state_bytes,
        minutes=max(0.0, executions / queues - FIRST_CONCURRENCY) / CONCURRENCY_A_MINUTE,
        queues=queues,
        tables=tables,
        accounts=accounts,
        first=breaks_first(load, batch, chunks, quotas),
    )


def ceilings(load: Load, batch: int, chunks: int, quotas: Quotas) -> dict[str, float]:
    """Give the messages a second at which each quota is reached, with batches and chunks of that many."""
    seconds = load.seconds(batch)
    return {
        "executions started a second": quotas.executions_a_second * batch,
        "Lambda concurrency": quotas.concurrency_of_account / chunks * batch / seconds,
        "mapping concurrency": quotas.concurrency_of_mapping * batch / seconds,
        "messages in flight": quotas.messages_in_flight / (seconds + load.window_seconds),
        "table writes": quotas.write_units_of_table / load.write_units,
    }


def breaks_first(load: Load, batch: int, chunks: int, quotas: Quotas) -> str:
    """Name the quota that is reached first, and where."""
    operations = OPERATIONS_OF_BATCH + OPERATIONS_OF_CHUNK * chunks
    if operations > quotas.operations_of_execution or batch * load.state_bytes > quotas.state_of_execution:
        return "one execution's own quotas"
    name, most = min(ceilings(load, batch, chunks, quotas).items(), key=lambda entry: entry[1])
    return f"{name}, at {most:,.0f}/s"


def table(loads: Iterable[Load], quotas: Quotas | None = None) -> Iterator[str]:
    """Give a Markdown table with a row for each load."""
    yield (
        "| messages/s | batch | executions/s | executions at once | invocations at once | messages in flight | "
        "write units/s | minutes to grow | queues | tables | accounts or regions | what breaks first |"
    )
    yield f"|{'---:|' * 11}---|"
    for load in loads:
        need = capacity(load, quotas)
        yield (
            f"| {load.rate:,} | {need.batch:,} | {need.executions_a_second:,.1f} | {need.executions:,} | "
            f"{need.invocations:,} | {need.messages_in_flight:,} | {need.write_units:,.0f} | {need.minutes:.1f} | "
            f"{need.queues:,} | {need.tables:,} | {need.accounts:,} | {need.first} |"
        )


def by_batch_size(load: Load, sizes: Iterable[int] = (1, 10, 100, 1_000)) -> Iterator[str]:
    """Give a Markdown table of what one account takes with one queue and one table, by batch size and by quota."""
    rows = {size: ceilings(load, size, math.ceil(size / load.chunk_size), Quotas()) for size in sizes}
    names = list(next(iter(rows.values())))
    yield f"| batch | {' | '.join(names)} | **the least** |"
    yield f"|{'---:|' * (len(names) + 2)}"
    for size, row in rows.items():
        cells = " | ".join(f"{row[name]:,.0f}" for name in names)
        yield f"| {size:,} | {cells} | **{min(row.values()):,.0f}** |"


def main(arguments: Iterable[str] | None = None) -> None:
    """Print both tables."""
    default = Load(1)
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--batch-size", type=int, default=default.batch_size)
    parser.add_argument("--chunk-size", type=int, default=default.chunk_size)
    parser.add_argument("--message-bytes", type=int, default=default.message_bytes)
    parser.add_argument(
        "--batch-seconds",
        type=_size_and_seconds,
        nargs="+",
        metavar="BATCH=SECONDS",
        default=list(default.batch_seconds.items()),
        help="what an execution takes with a batch of that size",
    )
    parser.add_argument("--state-bytes", type=float, default=default.state_bytes)
    parser.add_argument("--write-units", type=float, default=default.write_units)
    parser.add_argument("--rates", type=int, nargs="+", default=RATES)
    options = vars(parser.parse_args(None if arguments is None else list(arguments)))
    options["batch_seconds"] = dict(options["batch_seconds"])
    loads = [Load(rate, **options) for rate in options.pop("rates")]
    print("\n".join(by_batch_size(loads[0])))
    print()
    print("\n".join(table(loads)))


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
