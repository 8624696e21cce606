"""The outcomes of messages, and why they failed, with the toy in place of the real services."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from local_aws.testing.toy_application import body, executions_of, until
from pipeline_cli.outputs import StackOutputs
from pipeline_demo.audit import Audit, reason_of
from pipeline_demo.failures import Failures, log_group
from pipeline_demo.last_executions import last_executions
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome
from pipeline_demo.run import run_messages
from pipeline_demo.sending import SentMessage, send
from rich.console import Console

if TYPE_CHECKING:
    from local_aws.emulator import Emulator


def send_bodies(aws: Emulator, *bodies: str) -> Audit:
    """Send the bodies and follow them."""
    audit = Audit.of(aws)
    lines = [Line(number, text) for number, text in enumerate(bodies, start=1)]
    for message in send(aws.endpoint.sqs(), StackOutputs.of(aws.outputs).queue_url, lines):
        assert isinstance(message, SentMessage)
        audit.add(message)
    return audit


def settled(audit: Audit) -> bool:
    audit.look()
    return audit.pending == 0


@pytest.fixture(scope="module", autouse=True)
def warm(aws: Emulator) -> None:
    """Start the functions once: a cold start on a busy machine may take as long as a message is hidden."""
    audit = send_bodies(aws, "not JSON, to warm up")
    until(lambda: settled(audit), seconds=60)


def test_a_message_whose_execution_was_stopped_has_its_reason(aws: Emulator) -> None:
    service, failures = aws.durable_endpoint.lambda_(), Failures(aws, datetime.now(UTC))
    audit = send_bodies(aws, body("slow"))
    (tracked,) = audit.messages
    until(lambda: len(executions_of(aws, tracked.message.message_id)) == 1)
    (execution,) = executions_of(aws, tracked.message.message_id)

    service.stop_durable_execution(DurableExecutionArn=execution)

    until(lambda: settled(audit))
    identity = tracked.message.message_id
    first, again = failures.look([identity]), failures.look([identity])
    assert str(reason_of(first.failures[identity])) == (
        "execution_died: the execution is STOPPED: Execution stopped by user request"
    )
    assert first.failures[identity].execution_arn == execution
    assert failures.last[identity] == first.failures[identity]
    assert (again.failures, again.warnings) == ({}, [])
    audit.finish()


def test_a_message_that_the_orchestrator_reports_as_failed_has_its_reason(aws: Emulator) -> None:
    since = datetime.now(UTC)
    failures = Failures(aws, since)
    audit = send_bodies(aws, body("failed"), body("stored"))
    failed, stored = (tracked.message.message_id for tracked in audit.messages)

    until(lambda: bool(failures.look([failed, stored]).failures))

    assert str(reason_of(failures.last[failed])) == "judge, undecided: the judge wants to see it again"
    assert stored not in failures.last
    until(lambda: settled(audit))
    assert last_executions(aws.endpoint.logs(), log_group(aws), since)[stored] in executions_of(aws, stored)
    audit.finish()


def test_a_message_whose_execution_answers_nonsense_has_the_reason_of_the_mapping(aws: Emulator) -> None:
    failures = Failures(aws, datetime.now(UTC))
    audit = send_bodies(aws, body("nonsense"))
    (identity,) = audit.message_ids

    until(lambda: bool(failures.look([identity]).failures))

    told = "event source mapping: the answer cannot be understood: TypeError("
    assert str(reason_of(failures.last[identity])).startswith(told)
    until(lambda: settled(audit))
    audit.finish()


def test_a_body_of_a_megabyte_arrives_and_a_larger_one_is_reported_as_not_sent(aws: Emulator) -> None:
    frame = len(json.dumps({"outcome": "rejected", "x": ""}))
    largest = json.dumps({"outcome": "rejected", "x": "x" * (1024 * 1024 - frame)})
    lines = [Line(1, largest), Line(2, largest + " "), Line(3, '{"a": "\x01"}'), Line(4, body("stored"))]

    finished = run_messages(aws, lines, Console(file=io.StringIO()))

    assert [(refusal.line.number, refusal.reason.split(":")[0]) for refusal in finished.not_sent] == [
        (2, "InvalidParameterValue"),
        (3, "InvalidMessageContents"),
    ]
    assert [tracked.outcome for tracked in finished.audit.messages] == [Outcome.REJECTED, Outcome.STORED]
