"""The examples in docs/inputs.md, as the intake reads them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from orchestrator.intake import parse_batch
from orchestrator.messages import messages_of
from orchestrator.stages import STAGES
from pipeline_contracts import PipelineMessage, own_envelope, parse_body, same_json
from pipeline_contracts.envelopes import Envelope, Unwrapped, json_text
from pipeline_contracts.storage import StorageRecord
from storer.item import item_of
from transformer.processing_types import UnknownType
from transformer.transformations import TRANSFORMATIONS

PAGE = (Path(__file__).parents[3] / "docs" / "inputs.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```json (\w+)\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))
STORED = dict(re.findall(r"^```json (\w+) stored\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))
WITH_TEXT, TEXT_STORED = EXAMPLES.pop("text").strip(), json.loads(STORED.pop("text"))
(REASON,) = re.findall(r"^```text reason\n(.+?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
CODE = re.findall(r"^```python\n(def unwrap.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(
    "data_source" not in PipelineMessage.model_fields, reason="the page shows the message of this repository"
)


def event_of(body: str) -> dict[str, Any]:
    record = {
        "messageId": "m",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1769860798500"},
        "messageAttributes": {"tenant": {"dataType": "String", "stringValue": "acme"}},
        "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:queue",
    }
    return {"Records": [record]}


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = CODE
    names: dict[str, Any] = {"json": json, "members_of": json_text.members_of, "Unwrapped": Unwrapped}
    exec(compile(code, "docs/inputs.md", "exec", dont_inherit=True), names)  # noqa: S102 - of this repository
    monkeypatch.setattr(own_envelope, "unwrap", names["unwrap"])


def test_each_envelope_has_an_example() -> None:
    assert EXAMPLES.keys() == STORED.keys()
    assert {Envelope(name) for name in STORED} == set(Envelope) - {Envelope.NONE}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_the_record_that_the_page_shows(name: str) -> None:
    batch = parse_batch(messages_of(event_of(EXAMPLES[name])), "dev", envelope=Envelope(name))

    assert not batch.rejections, batch.rejections
    (record,) = batch.records
    shown = parse_body(STORED[name])
    assert record.execution_id == shown["execution_id"]
    assert same_json(parse_body(record.data), shown["original_data"]), record.data


def test_an_item_with_its_text_and_attributes_is_the_one_that_the_page_shows() -> None:
    (record,) = parse_batch(messages_of(event_of(WITH_TEXT)), "dev", stores_attributes=True).records

    entry = STAGES[-1].entry(replace(record, transformed={}))
    assert isinstance(entry, StorageRecord)
    item = item_of(entry, datetime.now(UTC), with_text=True)

    assert {name: item[name] for name in ("original_text", "attributes")} == {
        name: TEXT_STORED[name] for name in ("original_text", "attributes")
    }
    assert same_json(TEXT_STORED["original_data"], json.loads(json.dumps(item["original_data"], default=float)))


def test_a_misspelt_processing_type_is_explained_as_the_page_shows() -> None:
    assert str(UnknownType.of("Tabular", TRANSFORMATIONS)) == REASON
