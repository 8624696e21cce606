"""The names and settings of the durable operations. A stage's invokes have the stage's name.

A replay matches an operation by its name and order: renaming one breaks the executions in flight, and a test pins them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from aws_durable_execution_sdk_python.config import (
    CompletionConfig,
    InvokeConfig,
    MapConfig,
    NestingType,
    StepConfig,
)
from aws_durable_execution_sdk_python.retries import RetryPresets
from aws_durable_execution_sdk_python.serdes import PassThroughSerDes, SerDesContext
from pipeline_contracts import compress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_durable_execution_sdk_python import BatchResult, DurableContext

REJECT_UNREADABLE = "reject-unreadable"
CHUNKS = "chunks"
ISOLATE = "isolate"
ISOLATE_GROUPS = "isolate-groups"
ISOLATE_OTHERS = "isolate-others"
REJECT = "reject"
LOG_FAILED = "log-failed"
REDELIVER = "redeliver"


class InTransit(PassThroughSerDes[str]):
    """Compresses a request when its invoke starts, but not in a replay, which has the response already."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        """Return the text that is checkpointed and sent."""
        form = compress(value)
        return json.dumps(form) if form else value


# Requests and responses are JSON text already: the stage writes the one and reads the other.
INVOKE: InvokeConfig[str, str] = InvokeConfig(serdes_payload=InTransit(), serdes_result=PassThroughSerDes())

# The default completion fails fast, and one failed branch would take its neighbours with it. FLAT branches are no
# operations of their own.
_MAP: MapConfig[Any] = MapConfig(
    completion_config=CompletionConfig.all_completed(),  # type: ignore[no-untyped-call]
    nesting_type=NestingType.FLAT,
)

# A step here never raises: its result says what could not be done.
STEP = StepConfig(retry_strategy=RetryPresets.none())

Item = TypeVar("Item")


class BranchError(Exception):
    """A branch raised. Only the exception's type is kept, since its text may quote a message."""


def run_all(
    context: DurableContext, items: Sequence[Item], run: Callable[[DurableContext, Item], str], name: str
) -> list[str | BranchError]:
    """Run a branch per item, concurrently, and return what each returned or raised.

    A branch returns text, which is checkpointed as it is: the SDK's own encoding takes 19 bytes for each number.
    """

    def branch(context: DurableContext, item: Item, *_position: object) -> str:
        return run(context, item)

    batch: BatchResult[str] = context.map(items, branch, name=name, config=_MAP)
    return [
        item.result if item.result is not None else BranchError(item.error.type if item.error else None)
        for item in batch.all
    ]
