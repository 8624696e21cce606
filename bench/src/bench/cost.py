"""What a million messages cost, by part: ``python -m bench.cost FILE...`` for files that the benchmark wrote.

Counts are measured; what is not is an assumption, and is named as one where it is used.
"""

from __future__ import annotations

import argparse
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipeline_testing.stages import SERVICES

from bench.comparison import a_message, goal_line, steady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PRICES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))

MILLION = 1_000_000
GIGABYTE = 1e9

GOAL = 1.5
"""Times the floor."""

RECEIVED_TOGETHER = 10
"""Messages in one receive and in one delete: the most that SQS allows. Assumption: the mapping always gets as many."""

RETENTION_DAYS = 14
"""`ExecutionRetentionDays` of the template. Assumption: state is kept for so long, and no longer."""

LOGGED_BYTES = len('"19dd0b57-b21e-4ac1-bd88-01bbb068cb78",')
"""Of a message in the orchestrator's line `batch is received`, which lists the message ids of a batch."""

MEMORY_GIGABYTES = {"orchestrator": 1.0, **dict.fromkeys(SERVICES, 0.5)}
"""`MemorySize` of the templates."""

CORE_GIGABYTES = 1_769 / 1_024
"""With so much memory a function has a core, and with less a part of one. Assumption: one like that which measured.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

EXPRESS_SECONDS = 0.3
"""Assumption: three warm invokes, one after the other, in an Express workflow."""

Bill = dict[str, float]
"""Dollars for a million messages, by part."""


@dataclass(frozen=True)
class Usage:
    """What one message uses, on average; zero for what a way to build the pipeline does not have.

    Assumption: a producer sends each message alone, as it arises.
    """

    body_bytes: float
    write_units: float
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
        messages, each = variant["messages"], a_message(variant)
        event = (variant["input_bytes"] + variant["result_bytes"]) / messages if with_event else 0
        return cls(
            body_bytes=size,
            write_units=units,
            lambda_requests=each["invocations"],
            gigabyte_seconds=_gigabyte_seconds(variant, MEMORY_GIGABYTES) / messages,
            operations=each["operations"],
            state_bytes=each["state_bytes"] + event,
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


def bill(usage: Usage) -> Bill:
    """Price what a million messages use."""
    durable, functions, states = PRICES["durable"], PRICES["lambda"], PRICES["step_functions"]
    gigabytes = usage.state_bytes / GIGABYTE
    express_gigabyte_seconds = usage.express_requests * EXPRESS_SECONDS * states["express_gigabytes_billed"]
    each = {
        "sqs": _sqs_requests(usage) * PRICES["sqs"]["request"],
        "dynamodb": usage.write_units * PRICES["dynamodb"]["write_unit"],
        "lambda requests": usage.lambda_requests * functions["request"],
        "lambda seconds": usage.gigabyte_seconds * functions["gigabyte_second"],
        "operations": usage.operations * durable["operation"],
        "state written": gigabytes * durable["gigabyte_written"],
        "state retained": gigabytes * durable["gigabyte_month"] * RETENTION_DAYS / 30,
        "step functions": usage.transitions * states["transition"]
        + usage.express_requests * states["express_request"]
        + express_gigabyte_seconds * states["express_gigabyte_second"]
        + usage.pipe_requests * PRICES["pipes"]["request"],
    }
    return {part: MILLION * dollars for part, dollars in each.items()}


def total(one: Bill) -> float:
    """Add up all parts."""
    return sum(one.values())


def bills(figures: Mapping[str, Any]) -> dict[str, Bill]:
    """Price each way to build the pipeline, from one file of the benchmark."""
    size, units = figures["size"], figures["write_units"]
    # A batch at a time, as it is where there is more than one machine: on this one, executions side by side wait for
    # each other, and Lambda would bill that.
    variants = {name: figures["variants"][steady(name)] for name in ("ours", "loop")}
    usages = {"floor": Usage(size, units)}
    for name, variant in variants.items():
        usages[name] = Usage.measured(size, units, variant, with_event=False)
        usages[f"{name}, event counted"] = Usage.measured(size, units, variant, with_event=True)
    for how in ("Standard", "Express"):
        for name, words, together in (("loop", "a message", 1), ("ours", "100 together", 100)):
            usages[f"{how}, {words}"] = usages[name].on_step_functions(
                variants[name], together=together, express=how == "Express"
            )
    return {name: bill(usage) for name, usage in usages.items()}


def table(found: Mapping[str, Bill]) -> Iterator[str]:
    """Give dollars for a million messages as a Markdown table."""
    floor = found["floor"]
    yield f"| | {' | '.join(floor)} | **total** | times the floor |"
    yield f"|---|{'---:|' * (len(floor) + 2)}"
    for name, one in found.items():
        cells = " | ".join(f"{dollars:.3f}" for dollars in one.values())
        yield f"| {name} | {cells} | **{total(one):.3f}** | {total(one) / total(floor):.2f} |"


def written(figures: Mapping[str, Any]) -> Iterator[str]:
    """Name everything that is written, its bytes a message, and its dollars for a million messages."""
    ours = figures["variants"][steady("ours")]
    yield "| written | bytes a message | dollars a million messages |"
    yield "|---|---:|---:|"
    for name, size in sorted(ours["state_bytes"].items(), key=lambda entry: -entry[1]):
        each = size / ours["messages"]
        one = bill(Usage(0, 0, state_bytes=each))
        yield f"| {name} | {each:.0f} | {one['state written'] + one['state retained']:.3f} |"


def shown(figures: Mapping[str, Any]) -> Iterator[str]:
    """Give all about one file of the benchmark."""
    yield (
        f"Messages of {figures['size']:,} bytes, {figures['write_units']:.2f} write units each, "
        f"measured on {figures['measured']['date']}; dollars a million messages, prices of {PRICES['date']}."
    )
    yield from ("", *table(bills(figures)), "", *written(figures), "", *goal(figures))


def logged() -> str:
    """Price the log line that a message can be found by; the bills have no logs."""
    dollars = MILLION * LOGGED_BYTES / GIGABYTE * PRICES["logs"]["gigabyte_ingested"]
    return (
        f"The log line `batch is received` has {LOGGED_BYTES} bytes a message. "
        f"To ingest them costs {dollars:.2f} dollars a million messages, which are not in the tables."
    )


def goal(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say whether ours is cheap enough."""
    found = bills(figures)
    yield goal_line("dollars, times the floor's", total(found["ours"]) / total(found["floor"]), GOAL)


def _gigabyte_seconds(variant: Mapping[str, Any], functions: Iterable[str]) -> float:
    """Bill functions for the time that their handlers took, of which computing takes longer on a part of a core."""
    found = 0.0
    for name in functions:
        longer = variant["computing_seconds"][name] * (CORE_GIGABYTES / MEMORY_GIGABYTES[name] - 1)
        found += MEMORY_GIGABYTES[name] * (variant["handler_seconds"][name] + longer)
    return found


def _sqs_requests(usage: Usage) -> float:
    """Count the send, the receive and the delete, each 64 KB of payload being one request."""
    unit: int = PRICES["sqs"]["bytes_of_request"]
    receives = math.ceil(RECEIVED_TOGETHER * usage.body_bytes / unit) / RECEIVED_TOGETHER
    return math.ceil(usage.body_bytes / unit) + receives + 1 / RECEIVED_TOGETHER


def main() -> None:
    """Print what the files' messages cost."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="that the benchmark wrote, with --write")
    for file in parser.parse_args().files:
        print("\n".join(shown(json.loads(file.read_text(encoding="utf-8")))), end="\n\n")
    print(logged())


if __name__ == "__main__":
    main()
