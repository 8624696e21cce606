"""The predictions for a producer's messages, by the real services of this checkout."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import MISSING
from pipeline_cli import intake, rules
from pipeline_cli.app import main
from pipeline_cli.declared_stages import EXPORTED, stages
from pipeline_cli.json_lines import BodyLine, body_lines
from pipeline_cli.message_check import CheckedLine, MessageCheck
from pipeline_cli.rules import Problem, Rules, verdicts
from pipeline_cli.service_process import ServiceRaisedError
from pipeline_contracts import InvalidBodyError, parse_message
from pipeline_contracts.envelopes import Envelope
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[4]
SAMPLES = REPOSITORY / "tools/demo/samples"


def body(**further: Any) -> str:
    return json.dumps({**EXAMPLES[0], **further}, ensure_ascii=False)


def refused_by_a_rule() -> str:
    """Find a sample of the demo that is a message, and that a rule refuses."""
    expected = (SAMPLES / "expected.txt").read_text().split()
    for text, outcome in zip((SAMPLES / "messages.jsonl").read_text().splitlines(), expected, strict=True):
        with suppress(InvalidBodyError):
            parse_message(text)
            if outcome == "rejected":
                return text
    raise AssertionError("no sample is refused by a rule")


@pytest.fixture(scope="module")
def running() -> Iterator[MessageCheck]:
    with MessageCheck(REPOSITORY, Envelope.NONE) as one:
        yield one


def checked(running: MessageCheck, *bodies: str) -> list[CheckedLine]:
    running._taken.clear()
    return list(running.check(BodyLine(number, text) for number, text in enumerate(bodies, start=1)))


def outcomes(lines: list[CheckedLine]) -> list[tuple[str, str] | None]:
    return [(line.problem.stage, line.problem.code) if line.problem else None for line in lines]


def test_the_samples_of_the_demo_have_the_outcomes_that_it_expects(running: MessageCheck) -> None:
    expected = (SAMPLES / "expected.txt").read_text().split()
    lines = body_lines((SAMPLES / "messages.jsonl").read_bytes().split(b"\n"))

    found = ["rejected" if line.problem else "stored" for line in running.check(lines)]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "stage", "code", "field"),
    [
        ("nope", "intake", "not_json", ""),
        ("[]", "intake", "not_an_object", ""),
        ("{}", "intake", "missing_field", MISSING),
        ('{"a": NaN}', "intake", "not_finite", ""),
        (body(idempotency_key=7), "intake", "wrong_type", "idempotency_key"),
        (body(text="x" * 409_600), "store", "not_storable", ""),
        (body(text='"' * 510_000), "intake", "message_too_large", ""),
        (body(text="x" * 1_048_576), "send", "message_too_large", ""),
        (body(text="\uffff"), "send", "refused_character", ""),
    ],
)
def test_a_line_is_rejected_with_stage_code_and_field(
    running: MessageCheck, text: str, stage: str, code: str, field: str
) -> None:
    (line,) = checked(running, text)

    assert line.problem
    assert (line.problem.stage, line.problem.code, line.problem.field) == (stage, code, field)
    assert line.problem.reason


def test_a_line_that_a_rule_refuses_is_rejected_with_the_field(running: MessageCheck) -> None:
    (line,) = checked(running, refused_by_a_rule())

    assert line.problem
    assert line.problem.stage == "validate"
    assert line.problem.field in line.problem.reason


def test_a_line_that_cannot_be_transformed_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = [replace(stage, output_bytes=min(stage.output_bytes, 2)) for stage in stages(REPOSITORY)]
    monkeypatch.setattr(rules, "stages", lambda _: declared)

    (problem,) = verdicts([body()])

    assert problem
    assert (problem.stage, problem.code) == ("transform", "not_transformable")


def test_good_lines_are_accepted_with_their_size_and_identity(running: MessageCheck) -> None:
    with_key = body(idempotency_key="order-1", note="ü")

    assert checked(running, body(), with_key) == [
        CheckedLine(1, len(body()), "message id"),
        CheckedLine(2, len(with_key.encode()), "key order-1"),
    ]


def test_an_item_just_below_the_limit_is_accepted(running: MessageCheck) -> None:
    (line,) = checked(running, body(text="x" * 408_000))

    assert not line.problem


def test_of_two_lines_with_one_key_and_other_data_the_second_conflicts(running: MessageCheck) -> None:
    lines = checked(
        running,
        body(idempotency_key="k", n=1.0),
        body(idempotency_key="k", n=2),
        body(idempotency_key="k", n=1.00, metadata={"trace": "2"}),
        body(idempotency_key="j", n=2),
    )

    assert outcomes(lines) == [None, ("store", "idempotency_conflict"), None, None]
    assert lines[2].duplicate_of == 1
    assert lines[1].problem
    assert "line 1" in lines[1].problem.reason


def test_a_rejected_line_does_not_take_its_key(running: MessageCheck) -> None:
    wrong = json.dumps(json.loads(refused_by_a_rule()) | {"idempotency_key": "k"})

    first, second = outcomes(checked(running, wrong, body(idempotency_key="k")))

    assert first
    assert first[0] == "validate"
    assert second is None


def test_keys_are_compared_over_more_lines_than_are_asked_about_at_once(running: MessageCheck) -> None:
    lines = checked(running, *(body(idempotency_key=f"k{number % 150}", n=number < 200) for number in range(300)))

    assert sum(line.problem is not None for line in lines) == 100
    assert sum(line.duplicate_of is not None for line in lines) == 50
    assert [line.number for line in lines] == list(range(1, 301))


def test_a_model_that_raises_is_told_by_its_place(running: MessageCheck, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(text: str, _envelope: Envelope) -> Any:
        raise KeyError("the secret")

    monkeypatch.setattr(intake, "read_message", raises)
    (line,) = checked(running, body())

    assert line.problem
    assert (line.problem.stage, line.problem.code) == ("intake", "model_error")
    assert line.problem.reason.startswith("KeyError in raises, test_check.py:")


def test_the_request_has_room_for_what_the_orchestrator_has_room_for(running: MessageCheck) -> None:
    limits = json.loads((REPOSITORY / EXPORTED).read_text())["record_bytes"]
    ids = 2 * len(f"{'x' * 16}-esm-{'x' * 36}") + 2 * 2 + 36 + 2
    room = limits["most"] - limits["overhead"] - ids - len(json.dumps(body(text="")))
    fits, exceeds = body(text="x" * room), body(text="x" * (room + 1))

    assert outcomes(checked(running, fits, exceeds)) == [("store", "not_storable"), ("intake", "message_too_large")]


def test_verdicts_are_those_of_the_services_before_the_storer() -> None:
    found = verdicts([body(), refused_by_a_rule(), "nope", *[body()] * 250])

    assert [problem and problem.stage for problem in found[:2]] == [None, "validate"]
    assert found[2]
    assert found[2].code == "not_json"
    assert found[3:] == [None] * 250
    assert verdicts([]) == []


class Service:
    """A service with given answers; it raises at bodies with the word poison."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.asked: list[int] = []

    def ask(self, request: Any) -> Any:
        self.asked.append(len(request["records"]))
        if any("poison" in record["data"] for record in request["records"]):
            raise ServiceRaisedError("UnexpectedError: KeyError in has_columns, rules.py:23")
        results = [{"execution_id": record["execution_id"], "is_valid": True} for record in request["records"]]
        return {"results": results} if self.answer is None else self.answer


def asked(service: Service, *bodies: str) -> list[Problem | None]:
    some = Rules(REPOSITORY)
    some._asked = [(stage, service) for stage, _ in some._asked[:1]]  # type: ignore[misc]
    return [judged.problem for judged in some.judge(bodies)]


def test_a_rule_that_raises_for_one_body_leaves_the_others_their_verdicts() -> None:
    service = Service()

    found = asked(service, body(), body(note="poison"), body())

    why = "UnexpectedError: KeyError in has_columns, rules.py:23"
    assert found == [None, Problem("validate", "invoke_failed", "", why), None]
    assert service.asked == [3, 1, 1, 1]


@pytest.mark.parametrize("answer", [{"results": []}, {"nothing": 1}, "no", {"results": [{"execution_id": "x"}]}])
def test_an_answer_that_breaks_the_contract_is_a_problem_of_its_record(answer: Any) -> None:
    (problem,) = asked(Service(answer), body())

    assert problem
    assert problem.code == "broken_contract"


def test_a_request_is_bounded_by_bytes() -> None:
    service = Service()

    assert asked(service, *[body(text="x" * 1_000_000)] * 9) == [None] * 9
    assert service.asked == [4, 4, 1]


def test_exported_messages_are_no_bodies_and_the_command_for_them_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"message_id": "1", "first_message_id": "1", "receive_count": 1, "body": body()}
    exported, mixed = tmp_path / "exported.jsonl", tmp_path / "mixed.jsonl"
    exported.write_text(f"{json.dumps(told)}\n")
    mixed.write_text(f"{json.dumps(told)}\n{{}}\n")

    assert main(["check", str(exported)]) == 1
    assert f"check them with invalid resend {exported} --dry-run --rules" in capsys.readouterr().err
    assert main(["check", str(mixed)]) == 1
    assert capsys.readouterr().err == ""


def test_stages_of_ones_own_are_not_asked_and_named(tmp_path: Path) -> None:
    exported = json.loads((REPOSITORY / EXPORTED).read_text())
    core = [stage for stage in exported["stages"] if stage["request"] != "ContributionRequest"]
    own = {"name": "lookup", "service": "lookup", "request": "ContributionRequest", "output_bytes": 4_096}
    exported["stages"] = [*core[:-1], own, core[-1]]
    (tmp_path / EXPORTED).parent.mkdir(parents=True)
    (tmp_path / EXPORTED).write_text(json.dumps(exported))

    assert Rules(tmp_path).skipped == ["lookup"]


def test_the_command_reads_a_file_and_exits_with_1_for_a_rejected_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_bytes(f"{body()}\r\n\n{{}}\n\u202e\x1b[31m\n".encode() + b"\xff\n")

    assert main(["check", str(file)]) == 1

    told = capsys.readouterr().out
    assert "1 accepted, 3 rejected" in told
    assert f"intake, missing_field: {MISSING}: Field required" in told
    assert not {"\x1b", "\u202e"} & {*told}


def test_the_command_reads_standard_input_and_prints_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{body()}\n{{}}".encode())))

    assert main(["check", "-", "--json"]) == 1

    first, second = json.loads(capsys.readouterr().out)
    assert (first["number"], first["bytes"], first["problem"]) == (1, len(body()), None)
    assert second["problem"]["code"] == "missing_field"


def test_good_messages_exit_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text(body())

    assert main(["check", str(file)]) == 0
    assert "1 accepted, 0 rejected" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.jsonl")]) == 1
    assert "none.jsonl cannot be read: No such file or directory" in capsys.readouterr().err


def test_messages_in_an_envelope_are_checked_without_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event = {"id": "e-1", "detail-type": "Placed", "source": "shop", "detail": json.loads(body())}
    file = tmp_path / "events.jsonl"
    file.write_text(f"{json.dumps(event)}\n{json.dumps(event)}\n", encoding="utf-8")

    status = main(["check", str(file), "--envelope", "eventbridge", "--json"])

    first, second = json.loads(capsys.readouterr().out)
    assert (status, first["problem"], first["identity"]) == (0, None, "key e-1")
    assert second["duplicate_of"] == 1
    assert main(["check", str(file)]) == 1
    assert "undeclared_eventbridge" in capsys.readouterr().out
