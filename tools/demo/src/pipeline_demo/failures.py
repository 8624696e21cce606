"""Why messages failed, from the logs of the orchestrator and of the event source mapping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from local_aws.durable_runner import runner_warnings
from local_aws.event_source.mapping_log import Trouble, troubles
from local_aws.event_source.process import event_source_log
from local_aws.part_log import PartLog
from pipeline_cli.messages.failure import DIED, Failure, search_log

from pipeline_demo.data import object_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from local_aws.emulator import Emulator

MAPPING, RUNNER = "event source mapping", "durable execution service"
_DIED_STATUSES = ("FAILED", "TIMED_OUT", "STOPPED")
_SEARCH_SECONDS = 10.0


@dataclass(frozen=True)
class News:
    """The findings of one look: failures by message id, and other reasons why messages wait."""

    failures: dict[str, Failure]
    warnings: list[str]


class Failures:
    """The failures of a run; ``last`` has the last one of each message that ever failed, by message id."""

    def __init__(self, aws: Emulator, began: datetime) -> None:
        """Follow failures since a time."""
        self.last: dict[str, Failure] = {}
        self._logs, self._durable = aws.endpoint.logs(), aws.durable_endpoint.lambda_()
        self._group = log_group(aws)
        self._mapping_log, self._runner_log = PartLog(event_source_log(aws.run_folder)), PartLog(aws.durable_runner.log)
        self._since = began

    def look(self, message_ids: Collection[str]) -> News:
        """Read the news about messages."""
        failures = dict(search_log(self._logs, self._group, message_ids, self._since, seconds=_SEARCH_SECONDS).last)
        self._since = max([self._since, *(failure.at for failure in failures.values() if failure.at)])
        warnings = [f"{RUNNER}: {warning}" for warning in runner_warnings(self._runner_log.new_lines())]
        for trouble in troubles(self._mapping_log.new_lines()):
            if trouble.execution:
                failures |= {one: failure for one, failure in self._of_execution(trouble).items() if one in message_ids}
            else:
                warnings.append(f"{MAPPING}: {trouble.reason}")
        new = {one: failure for one, failure in failures.items() if self.last.get(one) != failure}
        self.last |= new
        return News(new, warnings)

    def _of_execution(self, trouble: Trouble) -> dict[str, Failure]:
        """Ask the durable execution service, which has the batch as the input of the execution."""
        try:
            execution = self._durable.get_durable_execution(DurableExecutionArn=trouble.execution)
        except (BotoCoreError, ClientError):
            return {}  # the service has ended, which is reported elsewhere, or has forgotten the execution
        stage, code, why = MAPPING, "", trouble.reason
        if execution["Status"] in _DIED_STATUSES:
            error = execution.get("Error", {})
            told = ": ".join(filter(None, [error.get("ErrorType"), error.get("ErrorMessage")]))
            stage, code, why = "", DIED, f"the execution is {execution['Status']}" + (f": {told}" if told else "")
        failure = Failure(stage, code, reason=why, execution_arn=trouble.execution, at=datetime.now(UTC))
        records = object_of(execution.get("InputPayload", "")).get("Records", [])
        return {record["messageId"]: failure for record in records}


def log_group(aws: Emulator) -> str:
    """Return the log group of the durable function."""
    (durable,) = aws.deployment.durable_functions
    return f"/aws/lambda/{durable.name}"
