"""What a million messages cost, by part: ``python -m bench.cost FILE...`` for files that the benchmark wrote.

Counts are measured; what is not is an assumption, and is named as one where it is used.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipeline_testing.stages import SERVICES

from bench.prices import Prices
from bench.report import steady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MILLION = 1_000_000
GIGABYTE = 1e9

GOAL = 1.5
"""Times the floor."""

RECEIVED_TOGETHER = 10
"""Messages in one receive and in one delete: the most that SQS allows. Assumption: the mapping always gets as many."""

RETENTION_DAYS = 7
"""`ExecutionRetentionDays` of the template. Assumption: state is kept for so long, and no longer."""

MEMORY_GIGABYTES = {"orchestrator": 1.0, **dict.fromkeys(SERVICES, 0.5)}
"""`MemorySize` of the templates."""

CORE_GIGABYTES = 1_769 / 1_024
"""With so much memory a function has a core, and with less a part of one. Assumption: one like that which measured.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

EXPRESS_SECONDS = 0.3
"""Assumption: three warm invokes, one after the other, in an Express workflow."""


@dataclass(frozen=True)
class Usage:
    """What one message uses, on average; zero for what a way to build the pipeline does not have."""

    body_bytes: float
    write_units: float
    sent_together: int = 1
    """Messages in one send. Assumption: a producer sends each alone, as it arises."""
    lambda_requests: float = 0.0
    gigabyte_seconds: float = 0.0
    operations: float = 0.0
    state_bytes: float = 0.0
    transitions: float = 0.0
    express_requests: float = 0.0
    pipe_requests: float = 0.0

    @classmethod
    def measured(cls, size: int, units: float, variant: Mapping[str, Any], *, with_event: bool) -> Self:
        """Divide what was counted by the messages.

        ``with_event`` counts the event that starts an execution, and its result, as written. AWS's price list says
        neither that they are nor that they are not.
        """
        messages = variant["messages"]
        state = sum(variant["state_bytes"].values())
        if with_event:
            state += variant["input_bytes"] + variant["result_bytes"]
        return cls(
            body_bytes=size,
            write_units=units,
            lambda_requests=_invocations(variant) / messages,
            gigabyte_seconds=_gigabyte_seconds(variant, MEMORY_GIGABYTES) / messages,
            operations=variant["operations"] / messages,
            state_bytes=state / messages,
        )

    def on_step_functions(self, variant: Mapping[str, Any], *, together: int, express: bool) -> Usage:
        """Give the same services to a state machine of three tasks, started by a pipe for so many messages.

        Assumption: no other state, no retry, and nothing else in the state machine is billed.
        """
        executions = 1 / together
        return Usage(
            body_bytes=self.body_bytes,
            write_units=self.write_units,
            lambda_requests=3 * executions,
            gigabyte_seconds=_gigabyte_seconds(variant, SERVICES) / variant["messages"],
            transitions=0.0 if express else 3 * executions,
            express_requests=executions if express else 0.0,
            pipe_requests=executions,
        )


@dataclass(frozen=True)
class Bill:
    """Dollars for a million messages, by part."""

    sqs: float
    dynamodb: float
    lambda_requests: float
    lambda_seconds: float
    operations: float
    state_written: float
    state_retained: float
    step_functions: float

    @property
    def total(self) -> float:
        """All parts together."""
        return float(sum(getattr(self, part.name) for part in fields(self)))


def bill(usage: Usage, prices: Prices, *, retention_days: float = RETENTION_DAYS) -> Bill:
    """Price what a million messages use."""
    gigabytes = usage.state_bytes * MILLION / GIGABYTE
    express_seconds = usage.express_requests * EXPRESS_SECONDS * prices.express_gigabytes
    return Bill(
        sqs=MILLION * _sqs_requests(usage, prices) * prices.sqs_request,
        dynamodb=MILLION * usage.write_units * prices.write_unit,
        lambda_requests=MILLION * usage.lambda_requests * prices.lambda_request,
        lambda_seconds=MILLION * usage.gigabyte_seconds * prices.lambda_gigabyte_second,
        operations=MILLION * usage.operations * prices.operation,
        state_written=gigabytes * prices.gigabyte_written,
        state_retained=gigabytes * prices.gigabyte_month * retention_days / 30,
        step_functions=MILLION
        * (
            usage.transitions * prices.transition
            + usage.express_requests * prices.express_request
            + express_seconds * prices.express_gigabyte_second
            + usage.pipe_requests * prices.pipe_request
        ),
    )


def bills(figures: Mapping[str, Any], prices: Prices) -> dict[str, Bill]:
    """Price each way to build the pipeline, from one file of the benchmark."""
    size, units = figures["size"], figures["write_units"]
    variants = figures["variants"]
    # A batch at a time, as it is where there is more than one machine: on this one, executions side by side wait for
    # each other, and Lambda would bill that.
    ours_variant, loop_variant = variants[steady("ours")], variants[steady("loop")]
    ours = Usage.measured(size, units, ours_variant, with_event=False)
    loop = Usage.measured(size, units, loop_variant, with_event=False)
    usages = {
        "floor": Usage(size, units),
        "ours": ours,
        "ours, event counted": Usage.measured(size, units, ours_variant, with_event=True),
        "loop": loop,
        "loop, event counted": Usage.measured(size, units, loop_variant, with_event=True),
        "Standard, a message": loop.on_step_functions(loop_variant, together=1, express=False),
        "Standard, 100 together": ours.on_step_functions(ours_variant, together=100, express=False),
        "Express, a message": loop.on_step_functions(loop_variant, together=1, express=True),
        "Express, 100 together": ours.on_step_functions(ours_variant, together=100, express=True),
    }
    return {name: bill(usage, prices) for name, usage in usages.items()}


def table(found: Mapping[str, Bill]) -> Iterator[str]:
    """Give dollars for a million messages as a Markdown table."""
    parts = [part.name for part in fields(Bill)]
    yield f"| | {' | '.join(part.replace('_', ' ') for part in parts)} | **total** | times the floor |"
    yield f"|---|{'---:|' * (len(parts) + 2)}"
    floor = found["floor"].total
    for name, one in found.items():
        cells = " | ".join(f"{getattr(one, part):.3f}" for part in parts)
        yield f"| {name} | {cells} | **{one.total:.3f}** | {one.total / floor:.2f} |"


def copies(figures: Mapping[str, Any], prices: Prices) -> Iterator[str]:
    """Name everything that is written, its bytes a message, and its dollars for a million messages."""
    ours = figures["variants"][steady("ours")]
    dollars = prices.gigabyte_written + prices.gigabyte_month * RETENTION_DAYS / 30
    yield "| written | bytes a message | dollars a million messages |"
    yield "|---|---:|---:|"
    for name, size in sorted(ours["state_bytes"].items(), key=lambda entry: -entry[1]):
        each = size / ours["messages"]
        yield f"| {name} | {each:.0f} | {each * MILLION / GIGABYTE * dollars:.3f} |"


def shown(figures: Mapping[str, Any], prices: Prices) -> Iterator[str]:
    """Give all about one file of the benchmark."""
    found = bills(figures, prices)
    yield (
        f"Messages of {figures['size']:,} bytes ({figures['kind']}), {figures['write_units']:.2f} write units each, "
        f"measured on {figures['measured']['date']}; dollars a million messages, prices of {prices.on}."
    )
    yield ""
    yield from table(found)
    yield ""
    yield from copies(figures, prices)
    yield ""
    yield from goal(figures, prices)


def goal(figures: Mapping[str, Any], prices: Prices) -> Iterator[str]:
    """Say whether ours is cheap enough."""
    found = bills(figures, prices)
    times = found["ours"].total / found["floor"].total
    met = "met    " if times <= GOAL else "NOT MET"
    yield f"{met}  dollars, times the floor's: {times:.3g}, goal ≤ {GOAL:g}"


def _gigabyte_seconds(variant: Mapping[str, Any], functions: Iterable[str]) -> float:
    """Bill functions for the time that their handlers took, of which computing takes longer on a part of a core."""
    return float(
        sum(
            MEMORY_GIGABYTES[name]
            * (
                variant["handler_seconds"][name]
                + variant["computing_seconds"][name] * (CORE_GIGABYTES / MEMORY_GIGABYTES[name] - 1)
            )
            for name in functions
        )
    )


def _invocations(variant: Mapping[str, Any]) -> int:
    total: int = variant["orchestrator_invocations"] + sum(variant["service_invocations"].values())
    return total


def _sqs_requests(usage: Usage, prices: Prices) -> float:
    """Count the send, the receive and the delete, each 64 KB of payload being one request."""
    sends = math.ceil(usage.sent_together * usage.body_bytes / prices.bytes_of_sqs_request) / usage.sent_together
    receives = math.ceil(RECEIVED_TOGETHER * usage.body_bytes / prices.bytes_of_sqs_request) / RECEIVED_TOGETHER
    return sends + receives + 1 / RECEIVED_TOGETHER


def main(arguments: Iterable[str] | None = None) -> None:
    """Print what the files' messages cost."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="that the benchmark wrote, with --write")
    prices = Prices.read()
    for file in parser.parse_args(None if arguments is None else list(arguments)).files:
        print("\n".join(shown(json.loads(file.read_text(encoding="utf-8")), prices)), end="\n\n")


if __name__ == "__main__":
    main()
