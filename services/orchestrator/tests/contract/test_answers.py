"""The orchestrator copes with any answer of a service, with the lowest or the newest contracts of this major."""

from __future__ import annotations

import json
from collections import Counter
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from contract_tests.published import CONTRACTS, peers
from contract_tests.strategies import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from orchestrator.adapters import InvalidMessageQueue
from orchestrator.messages import Record, Rejection, messages_of
from orchestrator.stages import STAGES, STORE
from pipeline import body, event_of
from pipeline_contracts import BrokenContractError
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.stage import Stage
    from pipeline import Pipeline

BODIES = [body(n=index) for index in range(4)]
RECORDS = [Record(f"test-esm-{message.message_id}", message) for message in messages_of(event_of(*BODIES))]

CHANNELS = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text("utf-8"))["channels"]
HEADERS = CHANNELS["invalidMessageQueue"]["messages"]["RejectedMessage"]["headers"]
REJECTED = Draft202012Validator(HEADERS["properties"]["durable_pipeline"]["contentSchema"])
"""The description of the attributes of a message in the invalid message queue."""

pytestmark = [
    pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name),
    pytest.mark.parametrize("version", peers()),
]


@st.composite
def answers(draw: st.DrawFn, stage: Stage, version: str) -> dict[str, Any]:
    """Generate anything that the schema admits, sometimes adjusted to the response's promises beyond its schema."""
    answer = draw(responses(stage.request.__name__.removesuffix("Request").lower(), version))
    if draw(st.booleans()):
        answer["results"] = [consistent(entry) for entry in answer["results"]]
        kept = [entry for entry in answer["results"] if keeps_its_promises(stage, about("1", entry))]
        return answer | {"results": kept}
    return answer


def consistent(entry: dict[str, Any]) -> dict[str, Any]:
    """Make the other members consistent with the status, or the status with them: random data seldom is."""
    if "status" not in entry:
        return entry
    if entry.get("error") is None:
        return entry | {"status": "stored"} if entry.get("stored_at") else entry
    status = "failed" if entry["status"] == "failed" else "rejected"
    error = entry["error"] | {"retryable": status == "failed"}
    others = {name: value for name, value in entry.items() if name not in ("stored_at", "stored_digest")}
    return others | {"status": status, "error": error}


def keeps_its_promises(stage: Stage, entry: dict[str, Any]) -> bool:
    try:
        stage.response.model_validate({"results": [entry]})
    except ValidationError:
        return False
    return True


def about(identity: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Set the identity of an entry: generated ones are never those of a record."""
    return entry | {"execution_id": identity}


def to(asked: Iterable[str], answer: dict[str, Any]) -> dict[str, Any]:
    """Turn an answer into one for these records, using its entries in turn."""
    entries = cycle(answer["results"])
    return answer | {"results": [about(identity, entry) for identity, entry in zip(asked, entries, strict=False)]}


class Client:
    """SQS, as far as sending messages."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.sent += Entries
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


def said_of(rejection: Rejection) -> dict[str, str]:
    client = Client()
    InvalidMessageQueue(client, "url").send([rejection], "arn")
    (entry,) = client.sent
    said: dict[str, str] = json.loads(entry["MessageAttributes"]["durable_pipeline"]["StringValue"])
    return said


def test_an_answer_is_read_to_a_verdict_for_each_record_or_breaks_the_contract(stage: Stage, version: str) -> None:
    seen: set[str] = set()

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(answers(stage, version))
    def read(answer: dict[str, Any]) -> None:
        text = json.dumps(to([record.execution_id for record in RECORDS], answer))
        try:
            verdicts = stage.verdicts_in(text, RECORDS)
        except BrokenContractError:
            seen.add("broken")
        else:
            assert len(verdicts) == len(RECORDS)
            for rejection in (verdict for verdict in verdicts if isinstance(verdict, Rejection)):
                REJECTED.validate(said_of(rejection))
            seen.update(type(verdict).__name__ for verdict in verdicts)

    read()

    assert seen >= {"broken", "Record", "Rejection"}, "good answers and bad ones were to be tried"


def test_each_message_has_one_outcome_whatever_is_answered(pipeline: Pipeline, stage: Stage, version: str) -> None:
    sent = {record.message.message_id for record in RECORDS}

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(answers(stage, version), min_size=1, max_size=5))
    def answered(drawn: list[dict[str, Any]]) -> None:
        pipeline.services.table.clear()
        pipeline.queue.messages.clear()
        turns = cycle(drawn)
        claimed: set[str] = set()

        def answer(event: dict[str, Any], _context: object) -> dict[str, Any]:
            given = to([record["execution_id"] for record in event["records"]], next(turns))
            claimed.update(entry["execution_id"] for entry in given["results"] if entry.get("stored_at"))
            return given

        pipeline.serve(stage.service, answer)

        run = pipeline.run(*BODIES)

        rejected = [rejection.message.message_id for rejection in pipeline.queue.messages]
        ended = Counter([*run.failed, *rejected])
        assert ended.keys() <= sent
        assert set(ended.values()) <= {1}
        stored = {f"test-esm-{message_id}" for message_id in sent - ended.keys()}
        assert stored <= claimed if stage.name == STORE else stored == pipeline.services.table.keys()

    answered()
