"""The usage of each service per message, and its price.

Counts are measured; everything else is an assumption, and is marked as one where it is used.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.comparison import a_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRICES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))

MILLION = 1_000_000
GIGABYTE = 1e9

RECEIVED_TOGETHER = 10
"""Messages per receive and per delete: the maximum of SQS. Assumption: the mapping always gets this many."""

RETENTION_DAYS = 14
"""`ExecutionRetentionDays` of the template. Assumption: state is kept for that long, and no longer."""

ORCHESTRATOR_GIGABYTES, FUNCTION_GIGABYTES = 1.0, 0.5
"""`MemorySize` of the templates. Assumption: ordinary functions have as much as the services."""

CORE_GIGABYTES = 1_769 / 1_024
"""The memory at which a function has a full core; with less, it has a part. Assumption: a core like the measuring one.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

EXPRESS_SECONDS = 0.3
"""Assumption: three warm invokes, one after the other, in an Express workflow."""

EVENT_BYTES = 1_000
"""The size of a message in the event, besides its body. Assumption: a receipt handle of 400 characters."""

Bill = dict[str, float]
"""Dollars per million messages, by part."""


@dataclass(frozen=True)
class Usage:
    """The usage of one message, on average; zero for services that a design does not use.

    Assumption: a producer sends each message separately, as it arises.
    """

    body_bytes: float
    write_units: float
    later_queues: int = 0
    """The queues that it passes after the first. Assumption: ten messages are sent to them per call."""
    lambda_requests: float = 0.0
    gigabyte_seconds: float = 0.0
    operations: float = 0.0
    state_bytes: float = 0.0
    log_bytes: float = 0.0
    transitions: float = 0.0
    express_requests: float = 0.0
    pipe_requests: float = 0.0

    @classmethod
    def measured(cls, size: int, units: float, variant: Mapping[str, Any], *, later_queues: int = 0) -> Self:
        """Divide the counts by the messages; logs and the starting event are not included."""
        each = a_message(variant)
        return cls(
            body_bytes=size,
            write_units=units,
            later_queues=later_queues,
            lambda_requests=each["invocations"],
            gigabyte_seconds=_gigabyte_seconds(variant, variant["handler_seconds"]) / variant["messages"],
            operations=each["operations"],
            state_bytes=each["state_bytes"],
        )

    def with_event(self, variant: Mapping[str, Any]) -> Self:
        """Add the event that starts an execution, and its result, as written bytes.

        AWS's price list does not say whether they are billed.
        """
        event = (variant["input_bytes"] + variant["result_bytes"]) / variant["messages"]
        return replace(self, state_bytes=self.state_bytes + event)

    def with_logs(self, variant: Mapping[str, Any]) -> Self:
        """Add the functions' logs, at the level `INFO`."""
        return replace(self, log_bytes=variant["log_bytes"] / variant["messages"])

    def on_step_functions(self, variant: Mapping[str, Any], *, together: int, express: bool) -> Usage:
        """Use a state machine of three tasks with the same services, started by a pipe for that many messages.

        Assumption: no other state, no retry, and nothing else in the state machine is billed.
        """
        executions = 1 / together
        measured = [name for name in variant["handler_seconds"] if name != "orchestrator"]
        return Usage(
            body_bytes=self.body_bytes,
            write_units=self.write_units,
            lambda_requests=3 * executions,
            gigabyte_seconds=_gigabyte_seconds(variant, measured) / variant["messages"],
            transitions=0.0 if express else 3 * executions,
            express_requests=executions if express else 0.0,
            pipe_requests=self._pipe_requests(together),
        )

    def on_distributed_map(self, variant: Mapping[str, Any], *, together: int) -> Usage:
        """Use a Standard workflow for that many messages, which starts an Express one for each, with the same services.

        The start of each child is a transition, beside that to the map.
        https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html
        """
        alone = self.on_step_functions(variant, together=1, express=True)
        return replace(alone, transitions=1 + 1 / together, pipe_requests=self._pipe_requests(together))

    def _pipe_requests(self, together: int) -> float:
        """Count requests: each 64 KB of a pipe's event are one."""
        unit: int = PRICES["pipes"]["bytes_of_request"]
        return math.ceil(together * (self.body_bytes + EVENT_BYTES) / unit) / together


def bill(usage: Usage) -> Bill:
    """Price the usage of a million messages."""
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
        "logs": usage.log_bytes / GIGABYTE * PRICES["logs"]["gigabyte_ingested"],
    }
    return {part: MILLION * dollars for part, dollars in each.items()}


def total(one: Bill) -> float:
    """Add up all parts."""
    return sum(one.values())


def _gigabyte_seconds(variant: Mapping[str, Any], functions: Iterable[str]) -> float:
    """Bill functions for the time of their handlers; computing takes longer on a part of a core."""
    found = 0.0
    for name in functions:
        gigabytes = ORCHESTRATOR_GIGABYTES if name == "orchestrator" else FUNCTION_GIGABYTES
        longer = variant["computing_seconds"][name] * (CORE_GIGABYTES / gigabytes - 1)
        found += gigabytes * (variant["handler_seconds"][name] + longer)
    return found


def _sqs_requests(usage: Usage) -> float:
    """Count the sends, receives and deletes; each 64 KB of payload are one request."""
    unit: int = PRICES["sqs"]["bytes_of_request"]
    ten_together = math.ceil(RECEIVED_TOGETHER * usage.body_bytes / unit) / RECEIVED_TOGETHER
    received = ten_together + 1 / RECEIVED_TOGETHER
    return math.ceil(usage.body_bytes / unit) + received + usage.later_queues * (ten_together + received)
