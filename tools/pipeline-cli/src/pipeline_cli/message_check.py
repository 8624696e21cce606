"""Predicts the outcomes of messages: by the intake, the rules of this checkout, and the sizes of their items.

AWS is not called, so items that the table has under the key of a message are unknown here.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from pipeline_contracts import ErrorCode, InvalidBodyError, location_of
from pipeline_contracts.base import ascii_bytes
from pipeline_contracts.storage import StorageRequest

from pipeline_cli.declared_stages import STORE, exported, stages
from pipeline_cli.intake import Intake
from pipeline_cli.messages.attributes import MAX_BYTES
from pipeline_cli.messages.content import NOT_ACCEPTED
from pipeline_cli.rules import Problem, Rules, UnknownType
from pipeline_cli.service_process import ServiceProcess, ServiceRaisedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipeline_contracts import ParsedMessage
    from pipeline_contracts.envelopes import Envelope

    from pipeline_cli.json_lines import BodyLine
    from pipeline_cli.rules import Judged

SEND, INTAKE = "send", "intake"
"""The stages before the services: SQS itself, and the parsing of the orchestrator."""

# The longest possible ids, because the check knows neither an environment nor message ids.
_ENVIRONMENT, _MESSAGE_ID = "x" * 16, "x" * 36
_LINES = 100


@dataclass(frozen=True)
class CheckedLine:
    """The predicted outcome of one line."""

    number: int
    bytes: int
    identity: str = "message id"
    """Identifies its record: a key in the body, or the id that SQS gives the message."""
    problem: Problem | None = None
    duplicate_of: int | None = None
    """The line with the same key and data, with which it shares a record."""


@dataclass(frozen=True)
class _Candidate:
    """A line that would become a record in the orchestrator."""

    line: BodyLine
    parsed: ParsedMessage


class MessageCheck:
    """Checks lines with the code of a repository."""

    def __init__(self, repository: Path, envelope: Envelope, *, unknown_type: UnknownType = UnknownType.ACCEPT) -> None:
        """Set the services to ask, the envelope of the bodies, and the treatment of unknown processing types."""
        self._intake = Intake(_ENVIRONMENT, envelope)
        self._record_bytes = exported(repository)["record_bytes"]
        (storer,) = (stage.service for stage in stages(repository) if stage.name == STORE)
        self._storer = ServiceProcess(storer, "sized")
        self._rules = Rules(repository, unknown_type=unknown_type)
        self._taken: dict[str, tuple[int, str]] = {}
        self.skipped = self._rules.skipped
        """Your own stages, which are not asked."""

    def __enter__(self) -> Self:
        """Start the services."""
        with ExitStack() as started:
            started.enter_context(self._rules)
            started.enter_context(self._storer)
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._started.close()

    def check(self, lines: Iterable[BodyLine]) -> Iterator[CheckedLine]:
        """Check lines, in order."""
        chunk: list[BodyLine] = []
        for line in lines:
            chunk.append(line)
            if len(chunk) == _LINES:
                yield from self._checked(chunk)
                chunk = []
        yield from self._checked(chunk)

    def _checked(self, lines: list[BodyLine]) -> Iterator[CheckedLine]:
        read = [self._read(line) for line in lines]
        candidates = [one for one in read if isinstance(one, _Candidate)]
        judged = self._rules.judge([one.parsed.text for one in candidates])
        for one in read:
            yield self._decided(one, next(judged)) if isinstance(one, _Candidate) else one

    def _read(self, line: BodyLine) -> _Candidate | CheckedLine:
        """Apply the checks of SQS and of the orchestrator's intake."""
        checked = CheckedLine(line.number, len(line.body.encode()))
        problem = _not_sent(line, checked.bytes)
        if problem:
            return replace(checked, problem=problem)
        try:
            candidate = _Candidate(line, self._intake.parse(line.body))
        except InvalidBodyError as error:
            first = error.errors[0]
            return replace(checked, problem=Problem(INTAKE, first.code, first.field, str(error)))
        except Exception as error:  # noqa: BLE001 - the model of the message or its envelope may raise anything
            return replace(checked, problem=Problem(INTAKE, "model_error", "", location_of(error)))
        needed, most = self._request_bytes(candidate), self._record_bytes["most"]
        if needed > most:
            reason = f"the body takes {needed:,} bytes in a request; the maximum is {most:,}"
            return replace(checked, problem=Problem(INTAKE, ErrorCode.MESSAGE_TOO_LARGE, "", reason))
        return candidate

    def _request_bytes(self, candidate: _Candidate) -> int:
        body = len(json.dumps(candidate.parsed.text, ensure_ascii=False).encode())
        ids = 2 * ascii_bytes(self._identity(candidate)) + ascii_bytes(_MESSAGE_ID)
        return body + ids + int(self._record_bytes["overhead"])

    def _identity(self, candidate: _Candidate) -> str:
        return self._intake.identity(_MESSAGE_ID, candidate.parsed)

    def _item_problem(self, candidate: _Candidate, judged: Judged) -> Problem | None:
        """Ask the storer about the item."""
        record = {
            "execution_id": self._identity(candidate),
            "message_id": _MESSAGE_ID,
            "data": candidate.parsed.text,
            "transformed_data": judged.transformed or {},
        }
        request = StorageRequest.model_validate({"records": [record]})
        try:
            answer: dict[str, Any] = self._storer.ask(request.model_dump(mode="json"))
        except ServiceRaisedError as error:
            return Problem(STORE, "invoke_failed", "", str(error))
        (result,) = answer["results"]
        if "refused" in result:
            return Problem(STORE, ErrorCode.NOT_STORABLE, "", result["refused"])
        if result["bytes"] > answer["most"]:
            reason = f"the item has {result['bytes']:,} bytes; the maximum is {answer['most']:,}"
            return Problem(STORE, ErrorCode.NOT_STORABLE, "", reason)
        return None

    def _decided(self, candidate: _Candidate, judged: Judged) -> CheckedLine:
        """Compare with earlier lines that have the same key: a rejected line does not take it."""
        problem = judged.problem or self._item_problem(candidate, judged)
        number, key = candidate.line.number, candidate.parsed.key
        checked = CheckedLine(number, len(candidate.line.body.encode()), problem=problem)
        if key is None:
            return checked
        checked = replace(checked, identity=f"key {key}")
        if problem:
            return checked
        digest = candidate.parsed.data_digest()
        first, stored = self._taken.setdefault(key, (number, digest))
        if digest != stored:
            reason = f"line {first} has this idempotency_key and other data"
            return replace(checked, problem=Problem(STORE, ErrorCode.IDEMPOTENCY_CONFLICT, "", reason))
        return checked if first == number else replace(checked, duplicate_of=first)


def _not_sent(line: BodyLine, size: int) -> Problem | None:
    if line.not_utf8:
        return Problem(SEND, "not_utf8", "", line.not_utf8)
    if size > MAX_BYTES:
        reason = f"the body has {size:,} bytes; SQS takes {MAX_BYTES:,} at most"
        return Problem(SEND, ErrorCode.MESSAGE_TOO_LARGE, "", reason)
    if found := NOT_ACCEPTED.search(line.body):
        return Problem(SEND, "refused_character", "", f"the body has U+{ord(found[0]):04X}, which SQS refuses")
    return None
