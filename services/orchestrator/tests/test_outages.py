"""An outage and a record's own fault are distinguished, and failed messages wait accordingly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest
from counted import Counted
from faults import THROTTLED, outcomes, raising, requests_to, results_for, spoil
from orchestrator import handler as module
from orchestrator.bounds import TRIED_FIRST
from orchestrator.redelivery import OUTAGE_SECONDS, OWN_FAULT_SECONDS
from orchestrator.stages import STAGES
from pipeline import body
from pipeline_contracts import PipelineMessage, message
from pydantic import model_validator

ATTEMPTS = STAGES[0].attempts


if TYPE_CHECKING:
    from pipeline import Pipeline

LONG, SHORT = OUTAGE_SECONDS[0], OWN_FAULT_SECONDS[0]
SERVICES = ("validator", "transformer", "storer")


class TooManyRequestsException(Exception):  # noqa: N818 - the name by which Lambda's API reports it
    pass


class AccessDeniedException(Exception):  # noqa: N818 - likewise
    pass


class ResourceNotFoundException(Exception):  # noqa: N818 - likewise
    pass


@pytest.fixture
def outages(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: sum(Counted(capsys.readouterr().out).values("Outages"))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("error", [TooManyRequestsException, AccessDeniedException, ResourceNotFoundException])
def test_a_service_that_lambda_does_not_run_is_an_outage_and_nothing_is_isolated(
    pipeline: Pipeline, outages: Any, service: str, error: type[Exception]
) -> None:
    spoil(pipeline, service, raising(error))
    tried = requests_to(pipeline, service)

    run = pipeline.run(*(body(n=n) for n in range(20)))

    assert set(outcomes(pipeline, run.failed, 20).values()) == {"failed"}
    assert len(tried) == ATTEMPTS
    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, LONG)]
    assert outages() == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_always_raises_is_an_outage_after_a_few_records_were_tried_alone(
    pipeline: Pipeline, outages: Any, service: str
) -> None:
    spoil(pipeline, service, raising(RuntimeError))
    tried = requests_to(pipeline, service)

    run = pipeline.run(*(body(n=n) for n in range(100)))

    assert len(run.failed) == 100
    assert [len(event["records"]) for event in tried] == [100] * ATTEMPTS + [1] * TRIED_FIRST
    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, LONG)]
    assert outages() == 1


def test_the_chunks_of_an_outage_are_not_isolated_either(pipeline: Pipeline, outages: Any) -> None:
    spoil(pipeline, "storer", raising(TooManyRequestsException))
    tried = requests_to(pipeline, "storer")

    run = pipeline.run(*(body(n=n) for n in range(1_000)))

    assert len(run.failed) == 1_000
    assert len(tried) == 10 * ATTEMPTS
    assert outages() == 10


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("place", [0, 7, 20, 40])
def test_poison_waits_shortly_wherever_it_is_in_its_chunk(
    pipeline: Pipeline, outages: Any, service: str, place: int
) -> None:
    spoil(pipeline, service, raising(MemoryError, "poison"))
    batch = [body(n=n) for n in range(41)]
    batch[place] = body(mark="poison")

    run = pipeline.run(*batch)

    assert run.failed == [f"m{place}"]
    assert set(outcomes(pipeline, run.failed, 41).values()) == {"stored", "failed"}
    assert pipeline.source.redelivered == [{f"m{place}": SHORT}]
    assert outages() == 0


def test_several_poisons_are_told_from_their_neighbours(pipeline: Pipeline, outages: Any) -> None:
    spoil(pipeline, "transformer", raising(MemoryError, "poison"))

    run = pipeline.run(*(body(n=n) if n % 3 else body(mark="poison", n=n) for n in range(30)))

    assert run.failed == [f"m{n}" for n in range(0, 30, 3)]
    assert set(pipeline.source.redelivered[0].values()) == {SHORT}
    assert outages() == 0


def test_a_service_that_fails_for_most_records_is_an_outage_of_its_own(pipeline: Pipeline, outages: Any) -> None:
    """Six in seven invokes fail: the few that get through do not show that the others are poison."""
    spoil(pipeline, "transformer", raising(MemoryError, "unlucky"))

    run = pipeline.run(*(body(mark="unlucky", n=n) if n % 7 else body(n=n) for n in range(100)))

    assert len(run.failed) == 85
    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, LONG)]
    assert outages() == 1


def test_other_records_are_tried_first_at_the_next_delivery(pipeline: Pipeline) -> None:
    """The records tried first may all have been poison."""
    spoil(pipeline, "transformer", raising(RuntimeError))
    tried = requests_to(pipeline, "transformer")
    batch = [body(n=n) for n in range(50)]

    def tried_alone() -> set[str]:
        return {event["records"][0]["execution_id"] for event in tried if len(event["records"]) == 1}

    pipeline.run(*batch, receive_count=1)
    first = tried_alone()
    tried.clear()
    pipeline.run(*batch, receive_count=2)
    second = tried_alone()

    assert len(first) == len(second) == TRIED_FIRST
    assert len(first | second) > TRIED_FIRST


def test_a_message_alone_cannot_be_told_from_an_outage(pipeline: Pipeline, outages: Any) -> None:
    spoil(pipeline, "transformer", raising(MemoryError))
    tried = requests_to(pipeline, "transformer")

    run = pipeline.run(body())

    assert run.failed == ["m0"]
    assert len(tried) == ATTEMPTS
    assert pipeline.source.redelivered == [{"m0": LONG}]
    assert outages() == 1


@pytest.mark.parametrize("code", ["throttled", "unavailable"])
def test_a_table_that_takes_nothing_is_an_outage(pipeline: Pipeline, outages: Any, code: str) -> None:
    later = {"status": "failed", "stored_at": None, "error": {"code": code, "retryable": True, "message": "later"}}
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "", later, honest()))

    run = pipeline.run(body(n=1), body(n=2))

    assert run.failed == ["m0", "m1"]
    assert pipeline.source.redelivered == [{"m0": LONG, "m1": LONG}]
    assert outages() == 1


def test_a_record_that_is_throttled_waits_long_and_is_no_outage(pipeline: Pipeline, outages: Any) -> None:
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "busy", THROTTLED, honest()))

    run = pipeline.run(body(n=1), body(mark="busy"))

    assert run.failed == ["m1"]
    assert pipeline.source.redelivered == [{"m1": LONG}]
    assert outages() == 0


def test_a_record_that_alone_meets_a_throttled_service_waits_long(pipeline: Pipeline) -> None:
    spoil(pipeline, "transformer", raising(MemoryError, "poison"))
    spoil(pipeline, "storer", raising(TooManyRequestsException, "unlucky"))

    run = pipeline.run(body(mark="poison"), body(mark="unlucky"), *(body(n=n) for n in range(10)))

    assert run.failed == ["m0", "m1"]
    assert pipeline.source.redelivered == [{"m0": SHORT, "m1": LONG}]


def test_an_invalid_message_queue_that_takes_nothing_is_an_outage(pipeline: Pipeline, outages: Any) -> None:
    pipeline.queue.refuses = lambda rejection: True

    run = pipeline.run("not json", body())

    assert run.failed == ["m0"]
    assert pipeline.source.redelivered == [{"m0": LONG}]
    assert outages() == 1


def test_an_error_of_ours_waits_long_and_counts_as_an_outage(
    pipeline: Pipeline, outages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprised(*_: object, **__: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(module, "run_chunk", surprised)

    run = pipeline.run(body(n=1), body(n=2))

    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, LONG)]
    assert outages() == 1


def test_a_model_that_raises_for_every_message_is_as_good_as_an_outage(
    pipeline: Pipeline, outages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "PipelineMessage", Fussy)

    run = pipeline.run(*(body(mark="breaks the model", n=n) for n in range(3)))

    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, LONG)]
    assert outages() == 1


class Fussy(PipelineMessage):
    """A model whose own validation breaks for some messages."""

    @model_validator(mode="after")
    def look_up(self) -> Self:
        if (self.model_extra or {}).get("mark") == "breaks the model":
            raise KeyError("the secret")
        return self


def test_a_model_that_raises_fails_that_message_alone(
    pipeline: Pipeline, outages: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "PipelineMessage", Fussy)

    run = pipeline.run(body(n="fussy"), body(mark="breaks the model"), "not json")

    assert outcomes(pipeline, run.failed, 3) == {"m0": "stored", "m1": "failed", "m2": "rejected"}
    assert pipeline.source.redelivered == [{"m1": SHORT}]
    assert outages() == 0
    (failed,) = (record for record in caplog.records if record.message == "message failed")
    assert vars(failed)["code"] == "model_error"
    assert vars(failed)["reason"].startswith("KeyError in look_up, test_outages.py:")
    assert "the secret" not in caplog.text
