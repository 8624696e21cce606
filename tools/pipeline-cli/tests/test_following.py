"""Following a record where chunks run concurrently, in histories written here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from pipeline_cli.executions.batches import Batch
from pipeline_cli.executions.deliveries import Delivery, Execution, Executions
from pipeline_cli.executions.following import Path, follow
from pipeline_cli.executions.history import History
from pipeline_cli.executions.log_search import LogLine
from pipeline_cli.executions.queue_look import look
from pipeline_cli.executions.timeline import rows_of
from pipeline_cli.intake import Intake
from pipeline_contracts.envelopes import Envelope
from pipeline_contracts.message import EXAMPLES
from recorded_aws import DEAD_LETTERS, INVALID, RecordedAws

START = datetime(2026, 11, 26, tzinfo=UTC)
WORKER_DIED = {"Payload": {"ErrorType": "Runtime.ExitError"}}
THROTTLED = {"Payload": {"ErrorType": "TooManyRequestsException", "ErrorMessage": "Rate exceeded"}}


class Written:
    """Events of an execution, each at a given second."""

    def __init__(self, *message_ids: str) -> None:
        self._numbers = count(1)
        self._message_ids = message_ids
        records = [
            {
                "messageId": one,
                "body": json.dumps({**EXAMPLES[0], "of": one}),
                "attributes": {"ApproximateReceiveCount": 1},
            }
            for one in message_ids
        ]
        self.input = json.dumps({"Records": records})
        self.events: list[dict[str, Any]] = [self._event("Execution", "Started", 0, "", Input={"Payload": self.input})]

    def invoke(self, stage: str, ids: str, at: float, *, parent: str | None = None, error: Any = None) -> None:
        """Add an invoke for some messages, one letter each, that takes a tenth of a second."""
        names = [f"dev-esm-{one}" for one in ids]
        request = {"Payload": json.dumps({"records": [{"execution_id": one} for one in names]})}
        key = f"{stage}{next(self._numbers)}"
        self._add("ChainedInvoke", "Started", at, stage, key, parent, FunctionName="f", Input=request)
        if error:
            self._add("ChainedInvoke", "TimedOut" if error == "timeout" else "Failed", at + 0.1, stage, key, parent,
                      **({} if error == "timeout" else {"Error": error}))  # fmt: skip
        else:
            answer = {"Payload": json.dumps({"results": [{"execution_id": one} for one in names]})}
            self._add("ChainedInvoke", "Succeeded", at + 0.1, stage, key, parent, Result=answer)

    def wait(self, name: str, at: float, seconds: float, *, parent: str | None = None) -> None:
        """Add a wait."""
        key = f"{name}{next(self._numbers)}"
        self._add("Wait", "Started", at, name, key, parent, Duration=seconds)
        self._add("Wait", "Succeeded", at + seconds, name, key, parent)

    def context(self, name: str, at: float, results: list[Any]) -> str:
        """Add a map with these results, and return its id."""
        key = f"{name}{next(self._numbers)}"
        branches = [{"index": n, "result": json.dumps(one)} for n, one in enumerate(results)]
        self._add("Context", "Started", at, name, key, None)
        self._add("Context", "Succeeded", at + 50, name, key, None, Result={"Payload": json.dumps({"all": branches})})
        return key

    def end(self, *failed: str) -> None:
        """End the execution, with messages that failed."""
        result = json.dumps({"batchItemFailures": [{"itemIdentifier": one} for one in failed]})
        self.events.append(self._event("Execution", "Succeeded", 100, "", Result={"Payload": result}))

    def follow(self, message_id: str) -> Path:
        history = History.of(sorted(self.events, key=lambda event: event["EventTimestamp"]))
        batch = Batch.of(self.input, Intake("dev", Envelope.NONE))
        record = batch.find(message_id)
        assert record
        return follow(history, batch, record)

    def _add(self, kind: str, change: str, at: float, name: str, key: str, parent: str | None, **details: Any) -> None:
        event = self._event(kind, change, at, name, **details)
        self.events.append(event | {"Id": key} | ({"ParentId": parent} if parent else {}))

    @staticmethod
    def _event(kind: str, change: str, at: float, name: str, **details: Any) -> dict[str, Any]:
        event: dict[str, Any] = {"EventType": kind + change, "Id": "execution", "Name": name}
        return event | {"EventTimestamp": START + timedelta(seconds=at), f"{kind}{change}Details": details}


def test_chunks_are_numbered_by_the_batch_and_not_by_chance() -> None:
    written = Written(*"abcd")
    written.invoke("validate", "cd", 1, parent="chunks")
    written.invoke("validate", "ab", 2, parent="chunks")

    assert [written.follow(one).chunk for one in "abcd"] == [1, 1, 2, 2]
    assert written.follow("a").chunks == 2


def test_each_chunk_has_its_own_waits() -> None:
    written = Written(*"ab")
    for chunk, start in (("a", 1.0), ("b", 1.5)):
        written.invoke("validate", chunk, start, parent="chunks", error=WORKER_DIED)
        written.wait("validate-backoff-1", start + 0.2, 2, parent="chunks")
        written.invoke("validate", chunk, start + 3, parent="chunks", error=WORKER_DIED)
        written.wait("validate-backoff-2", start + 3.2, 4, parent="chunks")
        written.invoke("validate", chunk, start + 8, parent="chunks")

    for chunk, start in (("a", 1.0), ("b", 1.5)):
        path = written.follow(chunk)
        assert [visit.attempt for visit in path.visits] == [1, 2, 3]
        began = [(one.name, one.started) for one in path.operations if one.kind == "Wait"]
        assert began == [
            ("validate-backoff-1", START + timedelta(seconds=start + 0.2)),
            ("validate-backoff-2", START + timedelta(seconds=start + 3.2)),
        ]


@pytest.mark.parametrize(
    ("results", "own_fault"),
    [
        # Of five that were tried alone, one failed: it is its own fault. If three fail, it is the service's.
        ([["failed", "transform", "invoke_failed", "", True], *[["stored", None]] * 4], True),
        ([*[["failed", "transform", "invoke_failed", "", True]] * 3, *[["stored", None]] * 2], False),
        ([], None),
    ],
)
def test_whose_fault_it_was_follows_from_how_many_failed(results: list[Any], own_fault: bool | None) -> None:
    written = Written(*"abcde")
    written.invoke("validate", "abcde", 1)
    written.invoke("transform", "abcde", 2, error=WORKER_DIED)
    isolated = written.context("isolate", 3, results)
    for one in "abcde":
        written.invoke("transform", one, 4, parent=isolated, error=WORKER_DIED if one == "a" else None)
    written.end("a")

    assert written.follow("a").own_fault is own_fault
    assert written.follow("b").own_fault is None


def test_a_record_that_is_stored_in_a_group_or_fails_after_it_is_followed() -> None:
    written = Written(*"abc")
    written.invoke("transform", "abc", 1, error=WORKER_DIED)
    groups = written.context("isolate-groups", 2, [[["stored", None]], [None, None]])
    written.invoke("transform", "a", 3, parent=groups)
    written.invoke("transform", "bc", 3, parent=groups, error=WORKER_DIED)
    alone = written.context("isolate-others", 4, [["failed", "transform", "invoke_failed", "", True], ["stored", None]])
    written.invoke("transform", "b", 5, parent=alone, error=WORKER_DIED)
    written.invoke("transform", "c", 5, parent=alone)
    written.end("b")

    stored, failed = written.follow("a"), written.follow("b")

    assert [(visit.isolated, visit.in_group) for visit in stored.visits] == [(False, False), (True, True)]
    assert [(visit.in_group, visit.records) for visit in failed.visits] == [(False, 3), (True, 2), (False, 1)]
    assert [visit.attempt for visit in failed.visits] == [1, 1, 1]
    assert failed.own_fault is True


def test_a_record_that_was_not_tried_alone_says_so() -> None:
    written = Written(*"ab")
    written.invoke("validate", "ab", 1, error=WORKER_DIED)
    isolated = written.context("isolate", 3, [["failed", "validate", "invoke_failed", "", True]])
    written.invoke("validate", "a", 4, parent=isolated, error=WORKER_DIED)
    written.end("a", "b")

    path = written.follow("b")

    assert path.isolated_chunk
    assert [visit.isolated for visit in path.visits] == [False]
    assert path.own_fault is False


def test_a_response_that_lacks_the_record_breaks_the_contract() -> None:
    written = Written(*"ab")
    written.invoke("validate", "ab", 1)
    written.events[-1]["ChainedInvokeSucceededDetails"] = {"Result": {"Payload": '{"results": []}'}}

    (visit,) = written.follow("a").visits

    assert (visit.verdict.outcome, visit.verdict.code) == ("failed", "broken_contract")


def test_an_invoke_that_timed_out_is_drawn_as_that() -> None:
    written = Written("a")
    written.invoke("validate", "a", 1, error="timeout")
    execution = Execution("arn", "SUCCEEDED", started=START, ended=START + timedelta(seconds=100))

    rows = rows_of(Delivery("a", execution, START, "failed", path=written.follow("a")))

    assert [(row.label, row.outcome) for row in rows] == [("execution", "SUCCEEDED"), ("  validate", "timed out")]


def test_the_words_of_another_reason_are_not_taken() -> None:
    """The orchestrator knows that the error is one of the system, which the history does not say."""
    written = Written("a")
    written.invoke("validate", "a", 1, error=THROTTLED)
    written.end("a")
    fields = {"message_id": "a", "stage": "validate", "code": "not_invoked", "reason": ""}

    class Lambda:
        def get_durable_execution(self, **request: Any) -> dict[str, Any]:
            return {"Status": "SUCCEEDED", "FunctionArn": "f", "StartTimestamp": START}

        def get_durable_execution_history(self, **request: Any) -> dict[str, Any]:
            return {"Events": written.events}

    line = LogLine(START, "arn", "message failed", fields)

    delivery = Executions(Lambda(), Intake("dev", Envelope.NONE)).delivery("a", "arn", [line])

    assert str(delivery.reason) == "validate, not_invoked"


def test_as_many_messages_of_each_queue_are_looked_at_as_allowed() -> None:
    aws = RecordedAws("stored")
    for url in (DEAD_LETTERS, INVALID):
        attributes = {"ApproximateReceiveCount": "1"}
        aws.messages[url] = [
            {"MessageId": str(n), "ReceiptHandle": str(n), "Attributes": attributes} for n in range(20)
        ]

    seen = look(aws, aws.target.resources, 13)

    assert (seen.dead.count, seen.rejected.count) == (13, 13)
    assert [len(waiting) for waiting in aws.messages.values()] == [7, 7]
