"""Each promise is kept, is broken, or has not been observed yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from pipeline_cli.executions.deliveries import Reason
from pipeline_cli.messages.attributes import Attribute
from pipeline_cli.rules import Problem
from pipeline_cli.snapshot import Unknown
from pipeline_demo.lines import Line, NotSent
from pipeline_demo.outcome import Outcome, Place, TrackedMessage
from pipeline_demo.sending import SentMessage
from pipeline_demo.verifying.evidence import Evidence, Executions
from pipeline_demo.verifying.marked_lines import MARK, MarkedLines
from pipeline_demo.verifying.promises import CAUSED, Findings, Promise, State, judge

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = [Line(number, f'{{"n": {number}}}') for number in range(1, 6)]
OUTCOMES = dict(zip(range(1, 6), [Outcome.STORED, Outcome.REJECTED, *3 * [Outcome.STORED]], strict=True))
OUTCOMES[5] = Outcome.REJECTED
BLANK = Problem("validate", "blank_field", "columns", "must not be empty")
CONFLICT = Problem("store", "idempotency_conflict", "", "other data")


def place(outcome: Outcome, problem: Problem | None = None) -> Place:
    why = Reason(problem.stage, problem.code, problem.field, problem.reason) if problem else Reason()
    return Place(outcome, "id", 1.0, why, attributes={MARK: Attribute("String", "r1")})


@dataclass
class Run:
    """A run in which every promise is kept; a test breaks one."""

    messages: list[TrackedMessage] = field(default_factory=list)
    not_sent: list[NotSent] = field(default_factory=list)
    evidence: Evidence = field(
        default_factory=lambda: Evidence(
            Executions(
                {f"m{number}": f"arn{number % 2}" for number in range(1, 6)},
                dict.fromkeys(("arn0", "arn1"), "SUCCEEDED"),
            ),
            {"dead-letters": "OK"},
            in_queue=3,
            dead_letters=2,
        )
    )
    keyed: tuple[int, int, int] | None = (3, 4, 5)

    def __post_init__(self) -> None:
        for line in LINES:
            outcome = OUTCOMES[line.number]
            problem = {2: BLANK, 5: CONFLICT}.get(line.number)
            message = SentMessage(line, f"m{line.number}", 0.0)
            self.messages.append(TrackedMessage(message, "id", [place(outcome, problem)]))

    def promises(self) -> dict[str, Promise]:
        lines = MarkedLines("r1", LINES[:3], LINES[3:], OUTCOMES, self.keyed)
        findings = Findings(lines, {2: BLANK, 5: CONFLICT}, self.messages, self.not_sent, self.evidence)
        return {promise.name: promise for promise in judge(findings)}

    def unmet(self) -> dict[str, State]:
        return {name: one.state for name, one in self.promises().items() if one.state is not State.MET}

    def vanish(self, number: int, *, deleted: bool = False, altered: bool = False) -> None:
        tracked = self.messages[number - 1]
        tracked.places, tracked.deleted, tracked.altered = [], deleted, altered

    def change(self, number: int, *places: Place) -> None:
        self.messages[number - 1].places = list(places)


def test_all_promises_are_met() -> None:
    assert Run().unmet() == {}


def test_a_run_that_could_send_nothing_has_seen_no_promise() -> None:
    run = Run()
    run.messages.clear()

    assert set(run.unmet().values()) == {State.NOT_SEEN}
    assert run.unmet().keys() == run.promises().keys()


def test_a_message_that_may_still_be_in_the_queue_is_not_seen_yet() -> None:
    run = Run()
    run.vanish(1)

    unmet = run.unmet()

    assert unmet["no message is lost"] is State.NOT_SEEN
    assert set(unmet.values()) == {State.NOT_SEEN}


@pytest.mark.parametrize(
    "lose",
    [
        lambda run: setattr(run, "evidence", replace(run.evidence, in_queue=0)),
        lambda run: run.vanish(1, deleted=True),
        lambda run: run.vanish(1, altered=True),
    ],
    ids=["the queue is empty", "deleted", "altered"],
)
def test_a_message_that_is_nowhere_is_lost(lose: Callable[[Run], None]) -> None:
    run = Run()
    run.vanish(1)
    lose(run)

    promise = run.promises()["no message is lost"]

    assert promise.state is State.NOT_MET
    assert promise.problems[0].startswith("line 1 (message m1): ")


def test_a_message_with_two_outcomes_breaks_the_promise() -> None:
    run = Run()
    run.change(1, place(Outcome.STORED), place(Outcome.REJECTED, BLANK))

    assert run.unmet()["each message has exactly one outcome"] is State.NOT_MET


def test_another_outcome_than_expected_is_named() -> None:
    run = Run()
    run.change(1, place(Outcome.REJECTED, BLANK))

    promise = run.promises()["the outcome is the expected one"]

    assert promise.state is State.NOT_MET
    assert promise.problems == [
        "line 1 was expected to be stored, but is rejected: validate, blank_field: columns: must not be empty"
    ]


def test_a_line_that_sqs_refuses_is_named() -> None:
    run = Run(not_sent=[NotSent(LINES[0], "too long")])

    assert run.unmet() == {"the outcome is the expected one": State.NOT_MET}


def test_other_data_in_the_item_is_named() -> None:
    run = Run()
    run.vanish(1, altered=True)

    assert run.unmet()["stored data is what was sent"] is State.NOT_MET


@pytest.mark.parametrize(
    "told",
    [
        replace(BLANK, stage="intake"),
        replace(BLANK, code="wrong_type"),
        replace(BLANK, field="rows"),
        replace(BLANK, reason=""),
        None,
    ],
)
def test_a_rejection_for_another_reason_is_named(told: Problem | None) -> None:
    run = Run()
    run.change(2, place(Outcome.REJECTED, told))

    assert run.unmet() == {"a rejected message says why": State.NOT_MET}


def test_an_attribute_that_is_lost_is_named() -> None:
    run = Run()
    run.change(2, replace(place(Outcome.REJECTED, BLANK), attributes={}))

    assert run.unmet() == {"a rejected message keeps its attributes": State.NOT_MET}


@pytest.mark.parametrize(("number", "outcome"), [(3, Outcome.REJECTED), (4, Outcome.REJECTED), (5, Outcome.STORED)])
def test_a_key_that_is_not_decided_by_its_data_is_named(number: int, outcome: Outcome) -> None:
    run = Run()
    run.change(number, place(outcome, CONFLICT))

    assert run.unmet()["a duplicate is stored once"] is State.NOT_MET


def test_a_duplicate_that_no_execution_had_is_not_seen_yet() -> None:
    run = Run()
    executions = run.evidence.executions
    assert isinstance(executions, Executions)
    others = {one: arn for one, arn in executions.of_message.items() if one != "m4"}
    run.evidence = replace(run.evidence, executions=replace(executions, of_message=others))

    assert run.unmet()["a duplicate is stored once"] is State.NOT_SEEN
    assert run.unmet()["the log leads to its execution"] is State.NOT_SEEN


def test_samples_without_three_messages_for_a_key_do_not_show_that_promise() -> None:
    assert Run(keyed=None).unmet() == {"a duplicate is stored once": State.NOT_SEEN}


def test_a_dead_letter_is_named() -> None:
    run = Run()
    run.change(1, place(Outcome.FAILED))

    assert run.unmet()["no message becomes a dead letter"] is State.NOT_MET


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ({"arn0": "SUCCEEDED", "arn1": "TIMED_OUT"}, State.NOT_MET),
        ({"arn0": "SUCCEEDED", "arn1": "RUNNING"}, State.NOT_SEEN),
        (Unknown("not allowed"), State.NOT_SEEN),
    ],
)
def test_an_execution_that_did_not_succeed_is_named(statuses: dict[str, str] | Unknown, state: State) -> None:
    run = Run()
    executions = run.evidence.executions
    assert isinstance(executions, Executions)
    run.evidence = replace(run.evidence, executions=replace(executions, statuses=statuses))

    assert run.unmet() == {"messages travel in batches": state}


def test_an_execution_for_each_message_is_no_batch() -> None:
    arns = [f"arn{number}" for number in range(1, 6)]
    run = Run()
    alone = Executions({f"m{arn[3:]}": arn for arn in arns}, dict.fromkeys(arns, "SUCCEEDED"))
    run.evidence = replace(run.evidence, executions=alone)

    assert run.unmet() == {"messages travel in batches": State.NOT_MET}


def test_a_log_that_cannot_be_read_shows_nothing() -> None:
    run = Run()
    run.evidence = replace(run.evidence, executions=Unknown("not allowed"))

    assert run.unmet() == {
        "messages travel in batches": State.NOT_SEEN,
        "the log leads to its execution": State.NOT_SEEN,
    } | {"a duplicate is stored once": State.NOT_SEEN}


@pytest.mark.parametrize(
    ("alarms", "state"),
    [
        ({}, State.NOT_MET),
        ({"dead-letters": "ALARM"}, State.NOT_MET),
        ({"dead-letters": "INSUFFICIENT_DATA", CAUSED: "ALARM"}, State.MET),
        (Unknown("not allowed"), State.NOT_SEEN),
    ],
)
def test_alarms_are_there_and_none_is_on(alarms: dict[str, str] | Unknown, state: State) -> None:
    run = Run()
    run.evidence = replace(run.evidence, alarms=alarms)

    assert run.promises()["the alarms exist, and none is on"].state is state
    assert len(run.unmet()) == (state is not State.MET)
