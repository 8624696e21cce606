"""The type of a stage: a service that is invoked for the records of a chunk, and the meaning of its response."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline_contracts import BrokenContractError, read_exchange
from pipeline_contracts.base import ascii_bytes
from pipeline_contracts.contribution import ContributionRecord, ContributionRequest, ContributionResponse

from orchestrator.messages import Record, Rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_contracts import RecordError
    from pipeline_contracts.base import Contract
    from pipeline_contracts.contribution import ContributionResult
    from pipeline_contracts.exchange import Exchange


@dataclass(frozen=True)
class Unfinished:
    """A record that the service could not process now."""

    record: Record
    error: RecordError


Verdict = Record | Rejection | Unfinished
"""A record passes, is rejected, or has to be retried."""


@dataclass(frozen=True)
class Stage:
    """One service in the chain."""

    name: str
    """Name of its operation, and in logs, metrics and contributions."""
    service: str
    """Name of its folder in services/, and of its function."""
    variable: str
    """The environment variable with the ARN of its function."""
    request: type[Exchange]
    response: type[Exchange]
    entry: Callable[[Record], Contract]
    """Builds the entry of a record in a request."""
    verdict: Callable[[Stage, Record, Any], Verdict]
    """Interprets the entry of a record in a response."""
    timeout_seconds: int = 25
    """`Timeout` in the service's template."""
    attempts: int = 3
    """Invokes per chunk before its records are isolated; an isolated record gets one."""
    output_bytes: int = 0
    """Maximum bytes of JSON of its output per record."""
    usual_output_bytes: int | None = None
    """The bytes that a chunk reserves for it in each later request, if not the maximum. If the outputs of a chunk have
    more, so that a request or a response does not fit, its records are isolated, in groups that fit."""

    @property
    def reserved_bytes(self) -> int:
        """Bytes that a chunk reserves for the output of a record."""
        return self.output_bytes if self.usual_output_bytes is None else self.usual_output_bytes

    def request_for(self, records: Sequence[Record]) -> Exchange:
        """Build the request for some records."""
        bound = {"max_bytes": self.output_bytes} if self.output_bytes else {}
        make: Callable[..., Exchange] = self.request
        return make(records=tuple(map(self.entry, records)), **bound)

    def verdicts_in(self, response: str, records: Sequence[Record]) -> list[Verdict]:
        """Parse the response (JSON text) to the request for these records.

        Raises:
            BrokenContractError: It breaks the contract.
        """
        matched = self._matched(records, self._parsed(response))
        return [self.verdict(self, record, result) for record, result in matched]

    def check_size(self, output: Any) -> None:
        """Check the size of an output against the stage's declaration.

        Raises:
            BrokenContractError: It is larger.
        """
        if (size := ascii_bytes(output)) > self.output_bytes:
            raise BrokenContractError(f"an output has {size:,} bytes; the maximum is {self.output_bytes:,}")

    def refused(self, record: Record, error: RecordError) -> Rejection | Unfinished:
        """Interpret the error of a record."""
        if error.retryable:
            return Unfinished(record, error)
        return Rejection(record.message, record.execution_id, self.name, error.code, error.message)

    def _parsed(self, text: str) -> Sequence[Any]:
        results: Sequence[Any] = read_exchange(self.response, text).results  # type: ignore[attr-defined]
        return results

    @staticmethod
    def _matched(records: Sequence[Record], results: Sequence[Any]) -> Iterator[tuple[Record, Any]]:
        by_id = {result.execution_id: result for result in results}
        requested = {record.execution_id for record in records}
        if len(by_id) < len(results) or by_id.keys() != requested:
            raise BrokenContractError(
                f"{len(requested)} records requested, {len(results)} results; "
                f"{len(requested - by_id.keys())} missing, {len(by_id.keys() - requested)} unexpected"
            )
        return ((record, by_id[record.execution_id]) for record in records)


def contribution(
    name: str, *, output_bytes: int = 4_096, timeout_seconds: int = 15, attempts: int = 3, service: str = ""
) -> Stage:
    """Declare a stage of your own: its result is stored as `contributions.<name>`.

    Args:
        name: A Python identifier in lower case; it names the service's folder too, unless `service` does.
        output_bytes: Maximum bytes of JSON that it may return per record.
        timeout_seconds: `Timeout` in the service's template.
        attempts: Invokes per chunk before its records are isolated.
        service: The folder of the service in services/.
    """
    return Stage(
        name,
        service or name,
        f"{name.upper()}_FUNCTION_ARN",
        ContributionRequest,
        ContributionResponse,
        _contribution_entry,
        _contribution_verdict,
        timeout_seconds,
        attempts,
        output_bytes,
    )


def _contribution_entry(record: Record) -> ContributionRecord:
    return ContributionRecord(
        execution_id=record.execution_id,
        data=record.data,
        transformed_data=record.transformed,
        contributions=dict(record.contributions),
    )


def _contribution_verdict(stage: Stage, record: Record, result: ContributionResult) -> Verdict:
    if result.error:
        return stage.refused(record, result.error)
    contributed = result.contribution or {}
    stage.check_size(contributed)
    return replace(record, contributions={**record.contributions, stage.name: contributed})
