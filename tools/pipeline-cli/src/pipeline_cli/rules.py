"""The verdicts of this checkout's services on bodies: the validator's rules, and the transformations."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self

from pipeline_contracts import BrokenContractError, read_exchange
from pipeline_contracts.errors import reason
from pipeline_contracts.transformation import TransformationRequest, TransformationResponse
from pipeline_contracts.validation import ValidationRequest, ValidationResponse

from pipeline_cli.declared_stages import STORE, DeclaredStage, stages
from pipeline_cli.repository import find_repository
from pipeline_cli.service_process import ServiceProcess, ServiceRaisedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipeline_contracts.transformation import TransformationResult
    from pipeline_contracts.validation import ValidationResult

UNKNOWN_PROCESSING_TYPE = "unknown_processing_type"
"""The transformer's error code."""

_RECORDS, _BYTES = 100, 4 * 1_048_576
"""Limits of one request; the services accept no more in the pipeline."""


class UnknownType(StrEnum):
    """The values of the parameter `UnknownProcessingType`."""

    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True)
class Problem:
    """Why a body is not stored: stage, code, field (empty for the whole body), and reason."""

    stage: str
    code: str
    field: str
    reason: str


@dataclass(frozen=True)
class Judged:
    """The verdict of the services on a body."""

    problem: Problem | None = None
    transformed: dict[str, Any] | None = None


def verdicts(bodies: Sequence[str]) -> list[Problem | None]:
    """Return the problem of each body; None if no service before the storer finds one.

    Raises:
        CommandError: A service of this checkout cannot be started.
    """
    with Rules(find_repository()) as rules:
        return [judged.problem for judged in rules.judge(bodies)]


class Rules:
    """The services before the storer that depend only on the message, as separate processes."""

    def __init__(self, repository: Path, *, unknown_type: UnknownType = UnknownType.ACCEPT) -> None:
        """Choose the services of a repository; ``unknown_type`` is the parameter of the deployment."""
        before = list(takewhile(lambda stage: stage.name != STORE, stages(repository)))
        variables = {"UNKNOWN_PROCESSING_TYPE": unknown_type.value}
        self._asked = [
            (stage, ServiceProcess(stage.service, variables=variables)) for stage in before if stage.request in _ASK
        ]
        self.skipped = [stage.name for stage in before if stage.request not in _ASK]
        """Your own stages: their answers may depend on other systems, so they are not asked."""

    def __enter__(self) -> Self:
        """Start them."""
        with ExitStack() as started:
            for _, process in self._asked:
                started.enter_context(process)
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._started.close()

    def judge(self, bodies: Sequence[str]) -> Iterator[Judged]:
        """Ask about bodies, and yield the answers in order."""
        for chunk in _chunks(bodies):
            named = {str(index): body for index, body in enumerate(chunk)}
            judged = dict.fromkeys(named, Judged())
            for stage, process in self._asked:
                going = {name: body for name, body in named.items() if judged[name].problem is None}
                judged |= _verdicts(stage, process, going)
            yield from judged.values()


def _chunks(bodies: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for body in bodies:
        size += len(body)
        if chunk and (len(chunk) == _RECORDS or size > _BYTES):
            yield chunk
            chunk, size = [], len(body)
        chunk.append(body)
    if chunk:
        yield chunk


def _verdicts(stage: DeclaredStage, process: ServiceProcess, bodies: dict[str, str]) -> dict[str, Judged]:
    """Ask a service about some bodies; if it raises, ask about each alone, as the pipeline does."""
    if not bodies:
        return {}
    try:
        return _ASK[stage.request](stage, process, bodies)
    except (ServiceRaisedError, BrokenContractError) as error:
        if len(bodies) == 1:
            code = "broken_contract" if isinstance(error, BrokenContractError) else "invoke_failed"
            return dict.fromkeys(bodies, Judged(Problem(stage.name, code, "", str(error))))
    alone = (_verdicts(stage, process, {name: body}) for name, body in bodies.items())
    return {name: judged for each in alone for name, judged in each.items()}


def _validate(stage: DeclaredStage, process: ServiceProcess, bodies: dict[str, str]) -> dict[str, Judged]:
    request = ValidationRequest.model_validate({"records": _records(bodies)})
    answer = read_exchange(ValidationResponse, process.ask(request.model_dump(mode="json")))

    def judged(result: ValidationResult) -> Judged:
        if result.is_valid:
            return Judged()
        first = result.errors[0]
        return Judged(Problem(stage.name, first.code, first.field, reason(result.errors)))

    return _matched(bodies, {result.execution_id: judged(result) for result in answer.results})


def _transform(stage: DeclaredStage, process: ServiceProcess, bodies: dict[str, str]) -> dict[str, Judged]:
    request = TransformationRequest.model_validate({"records": _records(bodies), "max_bytes": stage.output_bytes})
    answer = read_exchange(TransformationResponse, process.ask(request.model_dump(mode="json")))

    def judged(result: TransformationResult) -> Judged:
        if result.error and not result.error.retryable:
            return Judged(Problem(stage.name, result.error.code, "", result.error.message))
        return Judged(transformed=result.transformed_data)

    return _matched(bodies, {result.execution_id: judged(result) for result in answer.results})


_ASK = {"ValidationRequest": _validate, "TransformationRequest": _transform}


def _records(bodies: dict[str, str]) -> list[dict[str, str]]:
    return [{"execution_id": name, "data": body} for name, body in bodies.items()]


def _matched(bodies: dict[str, str], judged: dict[str, Judged]) -> dict[str, Judged]:
    if judged.keys() != bodies.keys():
        raise BrokenContractError(f"{len(bodies)} records requested, {len(judged)} results")
    return {name: judged[name] for name in bodies}
