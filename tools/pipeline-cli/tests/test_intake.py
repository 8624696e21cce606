"""Bodies in the envelope that an environment declares, as the commands read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from pipeline_cli.errors import CommandError
from pipeline_cli.executions.batches import Batch
from pipeline_cli.intake import Intake
from pipeline_cli.messages.content import content_of
from pipeline_cli.record_identity import identity
from pipeline_cli.target import Target
from pipeline_contracts import own_envelope, parse_message
from pipeline_contracts.envelopes import Envelope
from pipeline_contracts.message import EXAMPLES

BODY = json.dumps(EXAMPLES[0])
INTAKE = Intake("dev", Envelope.EVENTBRIDGE)


def event(detail: str = BODY, id_: str = "e-1") -> str:
    return f'{{"id": "{id_}", "detail-type": "Placed", "source": "shop", "detail": {detail}}}'


@dataclass
class Parameters:
    """SSM, with the parameters of an environment."""

    envelope: str | None = None

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        values = {name: self.envelope if name.endswith("/envelope") else "x" for name in Names}
        return {"Parameters": [{"Name": name, "Value": value} for name, value in values.items() if value]}

    def target(self) -> Target:
        return Target("dev", lambda _: self)


def test_the_environment_says_what_its_messages_are_in() -> None:
    assert Parameters("s3").target().intake == Intake("dev", Envelope.S3)


def test_an_environment_of_an_earlier_release_has_no_envelopes() -> None:
    assert Parameters().target().intake == Intake("dev", Envelope.NONE)
    assert Parameters().target().resources.table_name == "x"


def test_an_envelope_of_a_later_release_is_an_error() -> None:
    with pytest.raises(CommandError, match="dev has the Envelope 'xml', which this release does not know"):
        _ = Parameters("xml").target().intake


def test_a_message_in_an_envelope_has_its_identity_and_its_data() -> None:
    content = content_of(event(), INTAKE)

    assert content.problem is None
    assert content.keyed
    assert content.digest == parse_message(BODY).data_digest()
    assert identity(INTAKE, "m-1", event()) == "dev-key-e-1"
    assert json.loads(content.text)["metadata"]["envelope_id"] == "e-1"


def test_a_message_of_an_earlier_release_is_compared_without_its_envelope() -> None:
    earlier = content_of('{"no": "message"}', Intake("dev", Envelope.NONE))

    content = content_of(event('{"no": "message"}'), INTAKE)

    assert content.problem
    assert content.digest == earlier.digest


def test_an_envelope_of_a_teams_own_that_raises_is_a_problem_of_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwrap(text: str) -> None:
        raise KeyError(text)

    monkeypatch.setattr(own_envelope, "unwrap", unwrap)

    content = content_of(BODY, Intake("dev", Envelope.OWN))

    assert content.digest is None
    assert content.problem
    assert "its envelope raised KeyError" in content.problem.reason


def test_the_batch_of_an_execution_is_read_without_envelopes() -> None:
    records = [
        {
            "messageId": name,
            "body": text,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1769860798500"},
        }
        for name, text in {"a": event(), "b": event(), "c": event("{}"), "d": "{}"}.items()
    ]

    batch = Batch.of(json.dumps({"Records": records}), INTAKE)

    assert [record.execution_id for record in batch.records] == ["dev-key-e-1", "dev-key-e-1", "dev-esm-c", "dev-esm-d"]
    assert batch.duplicates(batch.records[0]) == ["b"]
    assert [record.code for record in batch.records] == ["", "", "missing_field", "not_in_envelope"]
