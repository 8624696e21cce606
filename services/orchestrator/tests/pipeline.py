"""The orchestrator on the durable SDK's own runner, between hand-written services and queue."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner
from orchestrator import handler as module
from orchestrator.adapters import Sent
from orchestrator.chain import Chain
from orchestrator.chunks import plan
from orchestrator.intake import parse_batch
from orchestrator.stages import STAGES
from pipeline_contracts import compress
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    import pytest
    from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestResult
    from orchestrator.messages import Message, Rejection
    from orchestrator.stage import Stage

CORE = tuple(stage for stage in STAGES if stage.service in ("validator", "transformer", "storer"))
"""The built-in stages."""

NOW = "2026-01-31T12:00:00.000000Z"
SENT_MS = 1_769_860_798_500
"""A second and a half before."""


def body(**further: Any) -> str:
    """Write a valid body, derived from the example of the message."""
    return json.dumps({**EXAMPLES[0], **further}, ensure_ascii=False)


def event_of(*bodies: str, receive_count: int = 1, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{index}",
                "receiptHandle": f"handle-{index}",
                "body": text,
                "attributes": {"ApproximateReceiveCount": str(receive_count), "SentTimestamp": str(SENT_MS)},
                "messageAttributes": attributes or {},
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-west-2:123456789012:queue",
                "awsRegion": "us-west-2",
            }
            for index, text in enumerate(bodies)
        ]
    }


class Services:
    """Three services that honour the contracts. A test replaces what should go wrong."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.table: dict[str, str] = {}

    def validator(self, event: dict[str, Any], _context: object) -> Any:
        return self._answer("validator", event, lambda record: {"is_valid": True})

    def transformer(self, event: dict[str, Any], _context: object) -> Any:
        def transform(record: dict[str, Any]) -> dict[str, Any]:
            transformed = {
                "processed_at": NOW,
                "execution_id": record["execution_id"],
                "transformation_applied": "standard",
            }
            return {"transformed_data": transformed}

        return self._answer("transformer", event, transform)

    def storer(self, event: dict[str, Any], _context: object) -> Any:
        def store(record: dict[str, Any]) -> dict[str, Any]:
            status = "duplicate" if record["execution_id"] in self.table else "stored"
            self.table.setdefault(record["execution_id"], record["data"])
            return {"status": status, "stored_at": NOW}

        return self._answer("storer", event, store)

    def _answer(
        self, name: str, event: dict[str, Any], one: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        self.calls.append((name, [record["execution_id"] for record in event["records"]]))
        return {"results": [{"execution_id": record["execution_id"], **one(record)} for record in event["records"]]}

    def invocations(self) -> Counter[str]:
        return Counter(name for name, _ in self.calls)


def contribute(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer for any other stage."""
    return {"results": [{"execution_id": record["execution_id"], "contribution": {}} for record in event["records"]]}


class Source:
    """The queue of the batches. A test may make it refuse."""

    def __init__(self) -> None:
        self.redelivered: list[dict[str, int]] = []
        """For each execution: the seconds until a message is redelivered."""
        self.error: Exception | None = None

    def redeliver(self, waits: list[tuple[Message, int]], _arn: str) -> str:
        self.redelivered.append({message.message_id: seconds for message, seconds in waits})
        if self.error:
            raise self.error
        return ""


class Queue:
    """The invalid message queue. A test may make it refuse."""

    def __init__(self) -> None:
        self.messages: list[Rejection] = []
        self.refuses: Callable[[Rejection], bool] = lambda rejection: False

    def send(self, rejections: list[Rejection], _execution_arn: str) -> Sent:
        taken = [rejection for rejection in rejections if not self.refuses(rejection)]
        self.messages += taken
        problem = "" if len(taken) == len(rejections) else "refused"
        return Sent({rejection.message.index for rejection in taken}, problem)


@dataclass(frozen=True)
class Run:
    """The results of one execution."""

    failed: list[str]
    result: DurableFunctionTestResult
    invocations: int

    def operations(self) -> list[tuple[str, str]]:
        """All operations in order: kind and name."""
        return [(operation.operation_type.value, operation.name) for operation in _flat(self.result.operations)]


def _flat(operations: list[Any]) -> list[Any]:
    flat = []
    for operation in operations:
        flat += [operation, *_flat(getattr(operation, "child_operations", []))]
    return flat


class Pipeline:
    """Runs batches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, enter: Callable[[Any], Any] = lambda event: event) -> None:
        self.services = Services()
        self.queue = Queue()
        self.source = Source()
        self.monkeypatch = monkeypatch
        self._entered = 0
        self._enter = enter
        monkeypatch.setattr(module, "invalid_message_queue", self.queue)
        monkeypatch.setattr(module, "source_queue", self.source)

    def _handle(self, event: Any, context: Any) -> Any:
        self._entered += 1
        return module.handler(self._enter(event), context)

    def serve(self, name: str, service: Callable[[dict[str, Any], Any], Any]) -> None:
        """Let a function answer for a service, in the encoding of the request."""

        def answer(event: Any, context: Any) -> Any:
            if "encoding" not in event:
                return service(event, context)
            plain = json.loads(zlib.decompress(base64.b64decode(event["body"])))
            answer = service(plain, context)
            return compress(json.dumps(answer, ensure_ascii=False)) or answer

        self._runner.register_function(name, answer)

    def __enter__(self) -> Self:
        self._runner = DurableFunctionTestRunner(handler=self._handle, poll_interval=0.01)
        for stage in STAGES:
            name = stage.service
            service = partial(self._honest, name) if hasattr(self.services, name) else contribute
            self.serve(name, service)
        return self

    def _honest(self, name: str, event: dict[str, Any], context: object) -> Any:
        return getattr(self.services, name)(event, context)

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def configure(self, **settings: Any) -> None:
        """Change settings of the function."""
        self.monkeypatch.setattr(module, "settings", replace(module.settings, **settings))

    def use_stages(self, *stages: Stage) -> None:
        """Run other stages than the declared ones."""
        arns = {stage.name: stage.service for stage in stages}
        self.monkeypatch.setattr(module, "chain", Chain(stages, arns))
        self.monkeypatch.setattr(module, "plan", partial(plan, stages=stages))
        self.monkeypatch.setattr(module, "parse_batch", partial(parse_batch, stages=stages))

    def operations(self) -> list[Any]:
        """Return all operations of the only execution, as the durable service stores them."""
        (execution,) = self._runner._store.list_all()
        return list(execution.operations)

    def events(self) -> list[dict[str, Any]]:
        """Return the history of the only execution as events, as in Lambda's API."""
        (execution,) = self._runner._store.list_all()
        history = self._runner._executor.get_execution_history(
            execution.durable_execution_arn, include_execution_data=True, max_items=10_000
        )
        return [event.to_dict() for event in history.events]

    def now(self) -> datetime:
        """Return the runner's time, including the time that it skipped."""
        moment: datetime = self._runner._clock.now()
        return moment

    def let_pass(self, time: timedelta) -> None:
        """Skip some time."""
        self._runner._clock.arm(self.now() + time)

    def run(self, *bodies: str, execution_timeout: int = 300, **told: Any) -> Run:
        self._entered = 0
        event = event_of(*bodies, **told)
        result = self.execute(event, execution_timeout)
        assert result.status.value == "SUCCEEDED", result.error
        failures = json.loads(result.result)["batchItemFailures"]
        return Run([failure["itemIdentifier"] for failure in failures], result, self._entered)

    def execute(self, event: dict[str, Any], execution_timeout: int = 300) -> DurableFunctionTestResult:
        return self._runner.run(input=json.dumps(event), execution_timeout=execution_timeout)
