"""AWS's recorded responses about executions: a file in tests/recorded for each kind of ending.

They were recorded from the pipeline on the emulated AWS, with a transformer that crashes on one message, a storer
that is throttled once, and an orchestrator that raises for one message.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError
from pipeline_cli.target import Target
from pipeline_contracts import InvalidBodyError, parse_message

FOLDER = Path(__file__).parent / "recorded"
QUEUE = "https://sqs/data-processing-queue"
DEAD_LETTERS, INVALID = "https://sqs/data-processing-dead-letter-queue", "https://sqs/invalid-message-queue"
FUNCTION = "arn:aws:lambda:eu-central-2:000000000000:function:local-durable-pipeline-orchestrator:live"
_PAGE = 5


class RecordedAws:
    """The clients of an environment; pages are small, so that all of them have to be read."""

    def __init__(self, *names: str) -> None:
        read = [json.loads((FOLDER / f"{name}.json").read_text("utf-8"), object_hook=_moments) for name in names]
        self.ids: dict[str, str] = {name: one for each in read for name, one in each["ids"].items()}
        self.executions: list[dict[str, Any]] = [one for each in read for one in each["executions"]]
        self.log: list[dict[str, Any]] = [one for each in read for one in each["log"]]
        self.items: list[dict[str, Any]] = [one for each in read for one in each["items"]]
        self.refused: dict[str, str] = {}
        """The error codes of operations that fail, by the operation."""
        self.messages: dict[str, list[dict[str, Any]]] = {DEAD_LETTERS: [], INVALID: []}
        self.asked: list[str] = []
        """The operations that were called."""
        self.lists_oldest_first = False

    @property
    def target(self) -> Target:
        """The environment."""
        return Target("local", self.client)

    def client(self, service: str) -> Any:
        return self

    def forget(self, last: int) -> None:
        """Return to a time when the last executions had not started."""
        gone = [one["described"]["DurableExecutionArn"] for one in self.executions[-last:]]
        self.executions = self.executions[:-last]
        self.log = [line for line in self.log if not any(arn in line["message"] for arn in gone)]
        self.items = []

    def cut(self, events: int) -> None:
        """Return to a time when the last execution was running, and had only that many events."""
        execution = self.executions[-1]
        execution["events"] = execution["events"][:events]
        execution["described"] = {**execution["described"], "Status": "RUNNING"}
        execution["described"].pop("EndTimestamp")
        self.items = []

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's names, here and below
        values = {
            "data-processing-queue/url": QUEUE,
            "data-processing-dead-letter-queue/url": DEAD_LETTERS,
            "invalid-message-queue/url": INVALID,
            "processed-data-table/name": "table",
            "orchestrator/function-arn": FUNCTION,
        }
        paths = {name: name.split("/", 3)[3] for name in Names}
        found = [{"Name": name, "Value": values[path]} for name, path in paths.items() if path in values]
        return {"Parameters": found, "InvalidParameters": [name for name, path in paths.items() if path not in values]}

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self._ask("FilterLogEvents")
        phrase = request["filterPattern"]
        assert phrase.startswith('"')
        assert phrase.endswith('"')
        return self._page(
            "events",
            [line for line in self.log if phrase[1:-1] in line["message"]],
            request.get("nextToken"),
            "nextToken",
        )

    def get_durable_execution(self, **request: Any) -> dict[str, Any]:
        self._ask("GetDurableExecution")
        assert request["IncludeExecutionData"] is False
        return dict(self._execution(request["DurableExecutionArn"])["described"])

    def get_durable_execution_history(self, **request: Any) -> dict[str, Any]:
        self._ask("GetDurableExecutionHistory")
        events = self._execution(request["DurableExecutionArn"])["events"]
        return self._page("Events", events, request.get("Marker"), "NextMarker")

    def list_durable_executions_by_function(self, **request: Any) -> dict[str, Any]:
        self._ask("ListDurableExecutionsByFunction")
        assert request["FunctionName"] == "local-durable-pipeline-orchestrator"
        name, statuses = request.get("DurableExecutionName"), request.get("Statuses")
        found = [one["described"] for one in self.executions]
        found = [one for one in found if name in (None, one["DurableExecutionName"])]
        if not self.lists_oldest_first:
            found = [one for one in found if statuses is None or one["Status"] in statuses]
        newest_first = self.lists_oldest_first == bool(request.get("ReverseOrder"))
        found.sort(key=lambda one: one["StartTimestamp"], reverse=newest_first)
        return self._page("DurableExecutions", found, request.get("Marker"), "NextMarker")

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._ask("GetItem")
        found = [one for one in self.items if one["execution_id"] == request["Key"]["execution_id"]]
        return {"Item": found[0]} if found else {}

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        self._ask("GetQueueAttributes")
        assert request["QueueUrl"] == QUEUE
        attributes = {"RedrivePolicy": '{"maxReceiveCount": "2"}', "VisibilityTimeout": "960"}
        return {"Attributes": attributes | {"MessageRetentionPeriod": "345600"}}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        self._ask("ReceiveMessage")
        assert request["VisibilityTimeout"] < 60
        waiting = self.messages[request["QueueUrl"]]  # the source queue is none of them
        received, waiting[:] = waiting[: request["MaxNumberOfMessages"]], waiting[request["MaxNumberOfMessages"] :]
        return {"Messages": received} if received else {}

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        self._ask("ChangeMessageVisibilityBatch")
        assert all(entry["VisibilityTimeout"] == 0 for entry in request["Entries"])
        return {}

    def _ask(self, operation: str) -> None:
        self.asked.append(operation)
        if operation in self.refused:
            refuse(self.refused[operation], operation)

    def _execution(self, arn: str) -> dict[str, Any]:
        found = [one for one in self.executions if one["described"]["DurableExecutionArn"] == arn]
        return found[0] if found else refuse("ResourceNotFoundException", "GetDurableExecution")

    @staticmethod
    def _page(name: str, found: list[Any], marker: str | None, marker_name: str) -> dict[str, Any]:
        start = int(marker or 0)
        answer: dict[str, Any] = {name: found[start : start + _PAGE]}
        return answer | ({marker_name: str(start + _PAGE)} if start + _PAGE < len(found) else {})


def refuse(code: str, operation: str) -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": "refused"}}, operation)


def _moments(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromtimestamp(each, UTC) if name.endswith("Timestamp") and isinstance(each, float) else each
        for name, each in value.items()
    }


def _reads_recorded_messages() -> bool:
    (started, *_) = RecordedAws("stored").executions[0]["events"]
    event = json.loads(started["ExecutionStartedDetails"]["Input"]["Payload"])
    try:
        parse_message(event["Records"][0]["body"])
    except InvalidBodyError:
        return False
    return True


recorded_model = pytest.mark.skipif(
    not _reads_recorded_messages(), reason="the recorded messages are of the model that the pipeline came with"
)
