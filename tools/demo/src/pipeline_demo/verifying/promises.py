"""Each promise, whether the run has confirmed it, and the evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline_cli.alarms import firing
from pipeline_cli.snapshot import Unknown

from pipeline_demo.outcome import Outcome
from pipeline_demo.verdict import Expected
from pipeline_demo.verifying.marked_lines import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline_cli.rules import Problem

    from pipeline_demo.lines import NotSent
    from pipeline_demo.outcome import Place, TrackedMessage
    from pipeline_demo.verifying.evidence import Evidence
    from pipeline_demo.verifying.marked_lines import MarkedLines

CAUSED = "invalid-messages"
"""The alarm that a run sets off, because a third of its messages is rejected."""


class State(StrEnum):
    """The result for a promise."""

    MET = "met"
    NOT_MET = "not met"
    NOT_SEEN = "not seen yet"


@dataclass(frozen=True)
class Promise:
    """One promise."""

    name: str
    state: State
    seen: str
    how: str
    problems: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Findings:
    """The findings at the end of a run."""

    lines: MarkedLines
    problems: Mapping[int, Problem]
    """Why this checkout would reject a line, by its number."""
    messages: Sequence[TrackedMessage]
    not_sent: Sequence[NotSent]
    evidence: Evidence

    def by_line(self, number: int) -> TrackedMessage | None:
        """Find the message of a line."""
        return next((one for one in self.messages if one.message.line.number == number), None)

    def unfinished(self) -> list[TrackedMessage]:
        """List the messages that were not found anywhere."""
        return [one for one in self.messages if one.outcome is Outcome.LOST]

    def rejections(self) -> list[tuple[TrackedMessage, Place]]:
        """List the rejected messages, with their places in the invalid message queue."""
        return [
            (one, next(place for place in one.places if place.outcome is Outcome.REJECTED))
            for one in self.messages
            if Outcome.REJECTED in one.outcomes
        ]

    def all_were_sent(self, outcome: Outcome, seen: int) -> bool:
        """Whether the number of messages seen equals the number expected to have an outcome."""
        return seen >= sum(expected is outcome for expected in self.lines.outcomes.values())


def judge(findings: Findings) -> list[Promise]:
    """Judge each promise by the findings; a run that could not send anything has confirmed none of them."""
    promises = [promise(findings) for promise in _PROMISES]
    if findings.messages:
        return promises
    return [replace(promise, state=State.NOT_SEEN, seen="no message could be sent") for promise in promises]


def _none_is_lost(findings: Findings) -> Promise:
    counts = Counter(one.outcome for one in findings.messages)
    unfinished = findings.unfinished()
    in_queue = findings.evidence.in_queue
    lost = [one for one in unfinished if one.deleted or one.altered or not in_queue]
    seen = (
        f"{counts.total()} sent = {counts[Outcome.STORED]} stored + {counts[Outcome.REJECTED]} rejected + "
        f"{counts[Outcome.FAILED]} dead letters + {counts[Outcome.LOST]} without an outcome"
    )
    if unfinished:
        seen += f"; the source queue has {in_queue:,} messages"
    problems = [f"{_name(one)}: {one.loss}" for one in lost]
    how = "the item of each key, and all messages of the two queues"
    return Promise("no message is lost", _state(problems, complete=not unfinished), seen, how, problems)


def _has_one_outcome(findings: Findings) -> Promise:
    problems = [
        f"{_name(one)} is {' and '.join(sorted(one.outcomes))}" for one in findings.messages if len(one.outcomes) > 1
    ]
    once = sum(len(one.outcomes) == 1 for one in findings.messages)
    seen = f"{once} of {len(findings.messages)} messages are in exactly one place"
    state = _state(problems, complete=not findings.unfinished())
    return Promise("each message has exactly one outcome", state, seen, "a final look at table and queues", problems)


def _is_as_expected(findings: Findings) -> Promise:
    problems = list(Expected(findings.lines.outcomes).differences(findings.messages, findings.not_sent))
    ended, many = len(findings.messages) - len(findings.unfinished()), len(findings.lines.outcomes)
    seen = f"{max(0, ended - len(problems))} of {many} messages ended as expected"
    state = _state(problems, complete=not findings.unfinished())
    return Promise("the outcome is the expected one", state, seen, "tools/demo/samples/expected.txt", problems)


def _is_stored_unchanged(findings: Findings) -> Promise:
    problems = [f"{_name(one)}: its item has other data" for one in findings.messages if one.altered]
    stored = sum(Outcome.STORED in one.outcomes for one in findings.messages)
    state = _state(problems, complete=findings.all_were_sent(Outcome.STORED, stored))
    how = "original_data of the items without its metadata, member by member, numbers as decimals"
    return Promise("stored data is what was sent", state, f"the data of {stored} messages is equal", how, problems)


def _has_a_reason(findings: Findings) -> Promise:
    problems, rejections = [], findings.rejections()
    for one, place in rejections:
        told, wanted = place.why, findings.problems.get(one.message.line.number)
        if not (told.stage and told.code and told.text):
            problems.append(f"{_name(one)} is rejected without a stage, a code or a reason")
        elif wanted and (told.stage, told.code) != (wanted.stage, wanted.code):
            problems.append(f"{_name(one)}: {told.stage}, {told.code}, expected {wanted.stage}, {wanted.code}")
        elif wanted and wanted.field and told.field != wanted.field:
            problems.append(f"{_name(one)}: the field is {told.field!r}, expected {wanted.field!r}")
    state = _state(problems, complete=findings.all_were_sent(Outcome.REJECTED, len(rejections)))
    seen = f"{len(rejections) - len(problems)} rejected messages have the expected stage, code and field, and a reason"
    how = "their attribute durable_pipeline, compared with the verdict of this checkout on the body"
    return Promise("a rejected message says why", state, seen, how, problems)


def _keeps_attributes(findings: Findings) -> Promise:
    problems, rejections = [], findings.rejections()
    for one, place in rejections:
        mark = place.attributes.get(MARK)
        if mark is None or mark.value != findings.lines.run:
            problems.append(f"{_name(one)} has lost its attribute {MARK}")
    state = _state(problems, complete=findings.all_were_sent(Outcome.REJECTED, len(rejections)))
    seen = f"{len(rejections) - len(problems)} rejected messages have the attribute {MARK} that they were sent with"
    return Promise("a rejected message keeps its attributes", state, seen, "the message attributes", problems)


def _is_stored_once(findings: Findings) -> Promise:
    name, how = "a duplicate is stored once", "three messages with one key: the item, and the invalid message queue"
    if findings.lines.keyed is None:
        return Promise(name, State.NOT_SEEN, "the samples do not have two messages that can share a key", how)
    original, duplicate, conflict = map(findings.by_line, findings.lines.keyed)
    if not original or not duplicate or not conflict:
        return Promise(name, State.NOT_SEEN, "they were not all sent", how)
    wanted = {Outcome.STORED}, {Outcome.STORED}, {Outcome.REJECTED}
    three = original, duplicate, conflict
    problems = [
        f"{_name(one)} is {' and '.join(sorted(one.outcomes))}, expected {expected.pop()}"
        for one, expected in zip(three, wanted, strict=True)
        if one.outcomes and one.outcomes != expected
    ]
    executions = findings.evidence.executions
    delivered = not findings.evidence.in_queue or (
        not isinstance(executions, Unknown) and duplicate.message.message_id in executions.of_message
    )
    record = f"{original.execution_id} is {original.outcome}"
    seen = f"{record}, its duplicate {duplicate.outcome}, other data {conflict.outcome}"
    complete = delivered and all(one.outcomes for one in three)
    return Promise(name, _state(problems, complete=complete), seen, how, problems)


def _is_no_dead_letter(findings: Findings) -> Promise:
    problems = [f"{_name(one)} is a dead letter" for one in findings.messages if Outcome.FAILED in one.outcomes]
    seen = f"the dead-letter queue has {findings.evidence.dead_letters:,} messages, {len(problems)} of them of this run"
    state = _state(problems, complete=not findings.unfinished())
    return Promise("no message becomes a dead letter", state, seen, "all messages of the dead-letter queue", problems)


def _travels_in_batches(findings: Findings) -> Promise:
    name, how = "messages travel in batches", "the orchestrator's log, and GetDurableExecution"
    executions = findings.evidence.executions
    if isinstance(executions, Unknown):
        return Promise(name, State.NOT_SEEN, f"the log: {executions.why}", how)
    if isinstance(executions.statuses, Unknown):
        return Promise(name, State.NOT_SEEN, f"the executions: {executions.statuses.why}", how)
    statuses = Counter(executions.statuses.values())
    many = len(findings.messages)
    problems = [
        f"{arn} is {status}" for arn, status in executions.statuses.items() if status not in {"SUCCEEDED", "RUNNING"}
    ]
    if (
        executions.of_message.keys() >= {one.message.message_id for one in findings.messages}
        and statuses.total() >= many
    ):
        problems.append("each message has an execution of its own")
    seen = f"{len(executions.of_message)} of {many} messages in {_counted(statuses, 'executions')}"
    complete = len(executions.of_message) == many and executions.have_ended
    return Promise(name, _state(problems, complete=complete), seen, how, problems)


def _is_logged(findings: Findings) -> Promise:
    name, how = "the log leads to its execution", "the lines `batch is received` of the orchestrator"
    executions, many = findings.evidence.executions, len(findings.messages)
    if isinstance(executions, Unknown):
        return Promise(name, State.NOT_SEEN, f"the log: {executions.why}", how)
    named = len(executions.of_message)
    return Promise(name, _state((), complete=named == many), f"{named} of {many} message ids are logged", how)


def _has_alarms(findings: Findings) -> Promise:
    name, how, alarms = "the alarms exist, and none is on", "DescribeAlarms", findings.evidence.alarms
    if isinstance(alarms, Unknown):
        return Promise(name, State.NOT_SEEN, f"the alarms: {alarms.why}", how)
    on = firing(alarms)
    problems = [f"{one} is on" for one in on if one != CAUSED]
    if not alarms:
        problems = ["there is no alarm: is the stack monitoring deployed?"]
    seen = _counted(Counter(alarms.values()), "alarms")
    if CAUSED in on:
        seen += f"; {CAUSED} is on, which the rejected messages of a run cause"
    return Promise(name, _state(problems, complete=True), seen, how, problems)


_PROMISES: Sequence[Callable[[Findings], Promise]] = (
    _none_is_lost,
    _has_one_outcome,
    _is_as_expected,
    _is_stored_unchanged,
    _has_a_reason,
    _keeps_attributes,
    _is_stored_once,
    _is_no_dead_letter,
    _travels_in_batches,
    _is_logged,
    _has_alarms,
)


def _state(problems: Sequence[str], *, complete: bool) -> State:
    if problems:
        return State.NOT_MET
    return State.MET if complete else State.NOT_SEEN


def _counted(states: Counter[str], what: str) -> str:
    return ", ".join([f"{states.total()} {what}", *(f"{count} {state}" for state, count in sorted(states.items()))])


def _name(tracked: TrackedMessage) -> str:
    return f"line {tracked.message.line.number} (message {tracked.message.message_id})"
