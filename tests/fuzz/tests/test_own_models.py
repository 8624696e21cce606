"""A team's own model, with a field of every kind: whatever a field contains, each message has its outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from pipeline_contracts import parse_body, same_json
from pipeline_fuzz.own_model import BREAKS_THE_MODEL, GOOD, AddingMessage, own_messages
from pipeline_fuzz.properties import BATCH, parsed, try_many

if TYPE_CHECKING:
    from pipeline_fuzz.whole import Whole

pytestmark = pytest.mark.usefixtures("own_message")

NEIGHBOUR = json.dumps(GOOD)
"""Has all fields."""
OF_THE_WHOLE_BODY = {"message_too_large", "not_storable", "not_transformable", "too_many_errors"}
"""Codes that name no field."""


def test_whatever_stands_in_a_field_is_stored_equal_or_rejected_with_a_reason(
    whole: Whole, pytestconfig: pytest.Config
) -> None:
    def check(batch: list[dict[str, Any]]) -> None:
        bodies = [json.dumps(message) for message in batch]
        first, *ended, last = whole.run(NEIGHBOUR, *bodies, NEIGHBOUR)

        for good in (first, last):
            assert good.item is not None, f"{good.code}: {good.reason}"
            assert same_json(good.item["original_data"], parse_body(NEIGHBOUR))
        for message, body, end in zip(batch, bodies, ended, strict=True):
            if end.outcome == "failed":
                assert message.get("breaking") == BREAKS_THE_MODEL, body
            elif end.item is not None:
                assert same_json(end.item["original_data"], parse_body(body)), body
            else:
                assert end.body == body
                assert end.code
                assert end.reason
                assert end.field or end.code in OF_THE_WHOLE_BODY or not parsed(body), f"{end.code}: {body}"
            if message.get("breaking") == BREAKS_THE_MODEL and parsed(body):
                assert end.outcome == "failed", body

    breaking = own_messages().map(lambda message: message | {"breaking": BREAKS_THE_MODEL})
    # A key would merge two messages into one record.
    keyless = st.one_of(*[own_messages()] * 9, breaking).filter(lambda message: message.get("idempotency_key") is None)
    try_many(pytestconfig, st.lists(keyless, min_size=BATCH, max_size=BATCH), check)


def test_a_model_may_add_a_key_to_what_was_sent(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_contracts.message.PipelineMessage", AddingMessage)

    (end,) = whole.run(NEIGHBOUR)

    assert end.item is not None, f"{end.outcome} {end.code}: {end.reason}"
    assert same_json(end.item["original_data"], parse_body(NEIGHBOUR))
