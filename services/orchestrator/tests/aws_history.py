"""The history of an execution, read from Lambda's responses.

A document has the ``Events`` of GetDurableExecutionHistory, complete and with their data. It may also have the
response of GetDurableExecution, as ``Execution``, and variables of the function's version, as ``Variables``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.lambda_service import Operation
from aws_events import EXECUTION, Event, UnusableError
from history import History
from pipeline_contracts.encoding import Compressed
from pipeline_contracts.envelopes import Envelope
from variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Operations = dict[str, dict[str, Any]]

# The fields of a message that the handler reads, except those that identify the account, its queue and its users.
_OF_A_MESSAGE = ("messageId", "body", "messageAttributes")
_OF_ITS_ATTRIBUTES = ("ApproximateReceiveCount", "SentTimestamp")
_IDENTITY = re.compile("(.+?)-(?:esm|key)-")
_NO_ORCHESTRATOR = "it is no execution of the orchestrator: {} is not of a batch of SQS"


def history_of(document: Any) -> History:
    """Read a document.

    Raises:
        UnusableError: It has no history of an orchestrator, or an incomplete one.
    """
    events = _events(document)
    execution = document.get("Execution", {})
    operations: Operations = {}
    states: list[tuple[Operation, ...]] = []
    by_code = False
    for event in events:
        # Whenever an operation that the code waited for, or an invocation, has ended, the code was invoked again.
        if event.is_by_code and not by_code:
            states.append(_state(operations))
        by_code = event.is_by_code
        _apply(event, operations, execution)
    states.append(_state(operations))
    variables = document.get("Variables", {})
    environment, chunk_size = _settings(variables, events)
    envelope = Envelope(variables.get("ENVELOPE", Envelope.NONE))
    attributes = variables.get("STORE_ATTRIBUTES") == "true"
    return History(chunk_size, tuple(states), _failed(events[-1], execution), environment, envelope, attributes)


def _events(document: Any) -> list[Event]:
    listed = document.get("Events") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(event, dict) and "EventType" in event for event in listed):
        raise UnusableError("it is no history: expected what `aws lambda get-durable-execution-history` prints")
    if document.get("NextMarker") or document.get("NextToken"):
        raise UnusableError("it is a part of a history: download it without --max-items and --no-paginate")
    # With --reverse-order, the newest is the first.
    events = [Event.read(event) for event in sorted(listed, key=lambda event: event.get("EventId", 0))]
    if not events or events[0].type != "ExecutionStarted":
        raise UnusableError("it is a part of a history: it does not begin with ExecutionStarted")
    return events


def _apply(event: Event, operations: Operations, execution: Mapping[str, Any]) -> None:
    """Start or end the operation of an event."""
    if not event.kind:
        return
    if event.change == "Started":
        operations[event.operation_id] = event.begun()
        if event.kind == "Execution":
            batch = _batch(execution.get("InputPayload") or event.payload("Input"))
            operations[EXECUTION]["ExecutionDetails"] = {"InputPayload": batch}
    elif event.operation_id in operations:
        operations[event.operation_id] = operations[event.operation_id] | event.ended()
    else:
        raise UnusableError(
            f"it is a part of a history: {event.type} {event.operation_id} is there, and no start of it"
        )


def _state(operations: Operations) -> tuple[Operation, ...]:
    return tuple(map(Operation.from_json_dict, operations.values()))


def _batch(payload: str) -> str:
    """Return the input of the execution, reduced to the fields of a message that are read."""
    try:
        messages = [
            {name: record[name] for name in _OF_A_MESSAGE if name in record}
            | {"attributes": {name: record["attributes"][name] for name in _OF_ITS_ATTRIBUTES}, "receiptHandle": ""}
            for record in json.loads(payload)["Records"]
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise UnusableError(_NO_ORCHESTRATOR.format("its input")) from error
    return json.dumps({"Records": messages})


def _failed(last: Event, execution: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the messages that the execution returned."""
    if last.type != "ExecutionSucceeded":
        return ()
    result = execution.get("Result") or last.payload("Result")
    try:
        return tuple(failure["itemIdentifier"] for failure in json.loads(result)["batchItemFailures"])
    except (ValueError, LookupError, TypeError) as error:
        raise UnusableError(_NO_ORCHESTRATOR.format("its result")) from error


def _settings(variables: Mapping[str, str], events: Iterable[Event]) -> tuple[str, int]:
    """Return the environment's name and the size of a chunk, deduced in part from the requests to the services."""
    requests = [_requested(event) for event in events if event.type == "ChainedInvokeStarted"]
    identities = filter(None, (_IDENTITY.match(identity) for request in requests for identity in request))
    named = next((match[1] for match in identities), VARIABLES["ENVIRONMENT"])
    # With the largest chunk as the limit, a chunk that was closed for its bytes is closed at the same point again.
    largest = max(map(len, requests), default=0) or int(VARIABLES["CHUNK_SIZE"])
    return variables.get("ENVIRONMENT", named), int(variables.get("CHUNK_SIZE", largest))


def _requested(event: Event) -> list[str]:
    """Return the identities in a request, as far as it can be read."""
    try:
        request = json.loads(event.payload("Input"))
        if "encoding" in request:
            request = json.loads(Compressed.model_validate(request).body)
        return [record["execution_id"] for record in request["records"]]
    except (UnusableError, ValueError, LookupError, TypeError):
        return []
