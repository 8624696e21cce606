"""The suite map: the same function for each item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import BatchResult, DurableContext, durable_execution
from aws_durable_execution_sdk_python.concurrency.models import BatchItem, CompletionReason
from aws_durable_execution_sdk_python.config import (
    BatchItemStatus,
    CompletionConfig,
    Duration,
    MapConfig,
    NestingType,
)
from aws_durable_execution_sdk_python.serdes import JsonSerDes, SerDes, SerDesContext
from function_setup import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

prepare()

ONE_SECOND = Duration.from_seconds(1)
LARGE = 70_000
OUTCOME = ("completionReason", "status", "successCount", "failureCount", "totalCount")
COUNTS = ("completionReason", "successCount", "failureCount", "totalCount")


class WrappingSerDes(SerDes[str]):
    """Serializes one item."""

    def serialize(self, value: str, serdes_context: SerDesContext) -> str:
        return f"wrapped:{value}"

    def deserialize(self, data: str, serdes_context: SerDesContext) -> str:
        return data.removeprefix("wrapped:")


class ResultSerDes(SerDes[BatchResult[str]]):
    """Serializes the whole result."""

    def serialize(self, value: BatchResult[str], serdes_context: SerDesContext) -> str:
        return "OPSERDE:" + ",".join(value.get_results())

    def deserialize(self, data: str, serdes_context: SerDesContext) -> BatchResult[str]:
        results = data.removeprefix("OPSERDE:").split(",")
        items = [BatchItem(index, BatchItemStatus.SUCCEEDED, result) for index, result in enumerate(results)]
        return BatchResult(items, CompletionReason.ALL_COMPLETED)


def one_by_one(**further: Any) -> MapConfig[Any]:
    """Process items in the order of their indexes."""
    return MapConfig(max_concurrency=1, **further)


def tolerate(count: int) -> MapConfig[Any]:
    return one_by_one(completion_config=CompletionConfig(tolerated_failure_count=count))


def by_step(context: DurableContext, item: str, index: int, items: Sequence[str]) -> str:
    return context.step(lambda _: item)


def greet(context: DurableContext, item: str, index: int, items: Sequence[str]) -> str:
    return context.step(lambda _: f"Hello, {item}!")


def upper(context: DurableContext, item: str, index: int, items: Sequence[str]) -> str:
    return item.upper()


def plus_index(context: DurableContext, item: int, index: int, items: Sequence[int]) -> int:
    return item + index


def times_ten(context: DurableContext, item: int, index: int, items: Sequence[int]) -> int:
    return item * 10


def same(context: DurableContext, item: str, index: int, items: Sequence[str]) -> str:
    if item == "fail":
        raise RuntimeError("asked to fail")
    return item


def summary(result: BatchResult[Any], fields: Sequence[str]) -> dict[str, Any]:
    every = {
        "completionReason": result.completion_reason.value,
        "status": result.status.value,
        "successCount": result.success_count,
        "failureCount": result.failure_count,
        "totalCount": result.total_count,
    }
    return {field: every[field] for field in fields}


@durable_execution
def basic(event: list[str], context: DurableContext) -> list[str]:
    return context.map(event, greet, name="map", config=one_by_one()).get_results()


@durable_execution
def unnamed(event: list[int], context: DurableContext) -> list[int]:
    return context.map(event, lambda _context, item, _index, _items: item * 2, config=one_by_one()).get_results()


@durable_execution
def indexed(event: list[int], context: DurableContext) -> list[int]:
    return context.map(event, plus_index, name="indexed", config=one_by_one()).get_results()


@durable_execution
def empty(event: list[str], context: DurableContext) -> list[str]:
    return context.map(event, same, name="empty").get_results()


@durable_execution
def fail_fast(event: object, context: DurableContext) -> dict[str, Any]:
    return summary(context.map(["ok", "fail", "ok"], same, name="failfast", config=tolerate(0)), OUTCOME)


@durable_execution
def rethrown(event: object, context: DurableContext) -> None:
    context.map(["fail", "ok"], same, name="throwing", config=tolerate(0)).throw_if_error()


@durable_execution
def min_successful(event: object, context: DurableContext) -> dict[str, Any]:
    config = one_by_one(completion_config=CompletionConfig(min_successful=2))
    result: BatchResult[str] = context.map(["a", "b", "c", "d"], same, name="min-successful", config=config)
    return summary(result, ("completionReason", "successCount", "totalCount"))


@durable_execution
def tolerated(event: object, context: DurableContext) -> dict[str, Any]:
    return summary(context.map(["ok", "fail", "ok"], same, name="tolerated", config=tolerate(1)), OUTCOME)


@durable_execution
def tolerance_exceeded(event: object, context: DurableContext) -> dict[str, Any]:
    result: BatchResult[str] = context.map(["fail", "fail", "ok"], same, name="tolerated-exceeded", config=tolerate(1))
    return summary(result, COUNTS)


@durable_execution
def percentage_exceeded(event: object, context: DurableContext) -> dict[str, Any]:
    config = one_by_one(completion_config=CompletionConfig(tolerated_failure_percentage=25))
    return summary(context.map(["fail", "fail", "ok", "ok"], same, name="tolerated-pct", config=config), COUNTS)


@durable_execution
def concurrent(event: object, context: DurableContext) -> list[str]:
    config: MapConfig[str] = MapConfig(max_concurrency=2)
    return context.map(["r0", "r1", "r2"], same, name="concurrent", config=config).get_results()


@durable_execution
def flat(event: object, context: DurableContext) -> list[str]:
    config = one_by_one(nesting_type=NestingType.FLAT)
    return context.map(["fa", "fb"], by_step, name="flat", config=config).get_results()


@durable_execution
def item_names(event: list[int], context: DurableContext) -> list[int]:
    config = one_by_one(item_namer=lambda item, _index: f"item-{item}")
    return context.map(event, times_ten, name="named-items", config=config).get_results()


@durable_execution
def item_serdes(event: object, context: DurableContext) -> list[str]:
    config = one_by_one(item_serdes=WrappingSerDes())
    return context.map(["x", "y"], upper, name="serdes", config=config).get_results()


@durable_execution
def suspended(event: object, context: DurableContext) -> list[str]:
    def wait_at_the_second(branch: DurableContext, item: str, index: int, items: Sequence[str]) -> str:
        if index == 1:
            branch.wait(ONE_SECOND)
        return branch.step(lambda _: item)

    return context.map(["r0", "r1"], wait_at_the_second, name="suspend", config=one_by_one()).get_results()


@durable_execution
def large(event: object, context: DurableContext) -> dict[str, Any]:
    result: BatchResult[str] = context.map(["a" * LARGE] * 4, same, name="large", config=one_by_one())
    return summary(result, ("successCount", "totalCount"))


@durable_execution
def then_wait(event: object, context: DurableContext) -> list[str]:
    result: BatchResult[str] = context.map(["a", "b"], upper, name="then-wait", config=one_by_one())
    context.wait(ONE_SECOND)
    return result.get_results()


@durable_execution
def failure_then_wait(event: object, context: DurableContext) -> dict[str, Any]:
    result: BatchResult[str] = context.map(["ok", "fail"], same, name="fail-then-wait", config=tolerate(1))
    context.wait(ONE_SECOND)
    return summary(result, OUTCOME)


@durable_execution
def result_serdes(event: object, context: DurableContext) -> list[str]:
    config = one_by_one(serdes=ResultSerDes(), item_serdes=JsonSerDes())
    return context.map(["x", "y"], upper, name="op-serde", config=config).get_results()


@durable_execution
def result_serdes_replayed(event: object, context: DurableContext) -> list[str]:
    config = one_by_one(serdes=ResultSerDes(), item_serdes=JsonSerDes())
    result: BatchResult[str] = context.map(["x", "y"], upper, name="op-serde-replay", config=config)
    context.wait(ONE_SECOND)
    return result.get_results()
