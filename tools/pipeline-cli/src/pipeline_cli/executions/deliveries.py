"""One delivery of a message: its execution, its outcome there, and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_cli.advice import is_not_found
from pipeline_cli.executions import exchanges, log_search
from pipeline_cli.executions.batches import Batch
from pipeline_cli.executions.following import batch_item_failures, follow
from pipeline_cli.executions.history import read_history

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline_cli.executions.batches import BatchRecord
    from pipeline_cli.executions.following import Path
    from pipeline_cli.executions.history import History
    from pipeline_cli.executions.log_search import LogLine
    from pipeline_cli.intake import Intake

STORED, REJECTED, FAILED, DIED, RUNNING, UNKNOWN = "stored", "rejected", "failed", "died", "running", "unknown"

INTAKE = "intake"
_RUNNING = ("RUNNING", "PAUSING", "PAUSED")
_DIED = ("FAILED", "TIMED_OUT", "STOPPED")


@dataclass(frozen=True)
class Execution:
    """An execution, as GetDurableExecution describes it."""

    arn: str
    status: str
    version: str = ""
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class Reason:
    """Why a message was not stored, and which stage decided it."""

    stage: str = ""
    code: str = ""
    field: str = ""
    text: str = ""

    def __str__(self) -> str:
        """Format it in one line, naming the field only once."""
        field = "" if self.text.startswith(self.field) else self.field
        return ": ".join(filter(None, (", ".join(filter(None, (self.stage, self.code))), field, self.text)))


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message."""

    message_id: str
    execution: Execution
    at: datetime
    """The time at which its execution started, or logged its batch."""
    outcome: str
    reason: Reason | None = None
    problem: str = ""
    """Why its execution could not be read; empty if it could."""
    history: History | None = None
    batch: Batch | None = None
    record: BatchRecord | None = None
    path: Path | None = None

    @property
    def number(self) -> int:
        """The number of deliveries so far, as counted by the queue; 0 if unknown."""
        return self.record.message.receive_count if self.record else 0


class Executions:
    """The executions of an environment, each read once."""

    def __init__(self, client: Any, intake: Intake) -> None:
        """Read with a Lambda client."""
        self._client = client
        self._intake = intake
        self._read: dict[str, tuple[Execution, History | None, Batch | None, str]] = {}

    def delivery(self, message_id: str, arn: str, lines: Sequence[LogLine]) -> Delivery:
        """Read one delivery; ``lines`` are the log lines of its execution that concern the message."""
        execution, history, batch, problem = self.read(arn)
        logged = [line for line in lines if message_id == line.text("message_id")]
        at = execution.started or min(line.at for line in lines)
        record = batch.find(message_id) if batch else None
        if history is None or batch is None or record is None:
            outcome, reason = _logged_outcome(logged)
            if outcome == UNKNOWN and execution.status in _DIED:
                outcome = DIED
            problem = problem or "its history has no input event with the message"
            return Delivery(message_id, execution, at, outcome, reason, problem, history)
        path = follow(history, batch, record)
        outcome = _outcome(execution, history, path, message_id, logged)
        reason = _reason(outcome, path, record, logged) if outcome in (REJECTED, FAILED) else None
        return Delivery(message_id, execution, at, outcome, reason, "", history, batch, record, path)

    def read(self, arn: str) -> tuple[Execution, History | None, Batch | None, str]:
        if arn not in self._read:
            self._read[arn] = self._reading(arn)
        return self._read[arn]

    def _reading(self, arn: str) -> tuple[Execution, History | None, Batch | None, str]:
        execution = Execution(arn, "UNKNOWN")
        try:
            execution = describe(self._client, arn)
            history = read_history(self._client, arn)
        except ClientError as error:
            if is_not_found(error):
                return execution, None, None, "Lambda no longer keeps its history"
            return execution, None, None, f"its history cannot be read: {error.response['Error']['Code']}"
        return execution, history, Batch.of(history.execution.input, self._intake), ""


def describe(client: Any, arn: str) -> Execution:
    """Describe an execution, without its data."""
    answer = client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)
    qualifier = answer["FunctionArn"].split(":")[7:]
    version = answer.get("Version") or (qualifier[0] if qualifier else "")
    return Execution(arn, answer["Status"], version, answer["StartTimestamp"], answer.get("EndTimestamp"))


def _outcome(execution: Execution, history: History, path: Path, message_id: str, logged: Sequence[LogLine]) -> str:
    if execution.status in _RUNNING:
        return RUNNING
    if execution.status in _DIED:
        return DIED
    failed = batch_item_failures(history.execution.result)
    if failed is None:
        return _logged_outcome(logged)[0]
    if message_id in failed:
        return FAILED
    return REJECTED if path.rejected_by else STORED


def _logged_outcome(logged: Sequence[LogLine]) -> tuple[str, Reason | None]:
    for line in reversed(logged):
        if line.message == log_search.REJECTED:
            return REJECTED, _logged_reason(line)
        if line.message == log_search.FAILED:
            return FAILED, _logged_reason(line)
    return UNKNOWN, None


def _reason(outcome: str, path: Path, record: BatchRecord, logged: Sequence[LogLine]) -> Reason:
    """Combine the sources of a reason: the log has no text that may quote the message, and the history has no codes."""
    told = _logged_outcome(logged)[1]
    known = _reason_of_history(outcome, path, record)
    if told is None or known is None:
        return told or known or Reason()
    same = (told.stage, told.code) == (known.stage, known.code)
    return Reason(told.stage, told.code, told.field, told.text or (known.text if same else ""))


def _reason_of_history(outcome: str, path: Path, record: BatchRecord) -> Reason | None:
    if record.parsed is None:
        return Reason(INTAKE, record.code, record.field, record.reason)
    last = path.last
    wanted = (exchanges.REJECTED,) if outcome == REJECTED else (exchanges.FAILED, exchanges.UNFINISHED)
    if last is None or last.verdict.outcome not in wanted:
        return None
    return Reason(last.stage, last.verdict.code, last.verdict.field, last.verdict.reason)


def _logged_reason(line: LogLine) -> Reason:
    return Reason(line.text("stage"), line.text("code"), line.text("field"), line.text("reason"))
