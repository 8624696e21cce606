from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pipeline_cli.rejected_message import RejectedMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TOLD = {
    "execution_id": "local-esm-1",
    "message_id": "1",
    "execution_arn": "arn:aws:lambda:eu-central-2:000000000000:function:orchestrator:7/durable-execution/a/b",
    "stage": "validate",
    "code": "blank_field",
    "field": "columns",
    "reason": "must not be empty",
}


def message(**attributes: str) -> MessageTypeDef:
    values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    return {"MessageId": "copy", "Body": "{}", "MessageAttributes": values}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({}, "columns: must not be empty"),
        ({"reason": "columns: must not be empty"}, "columns: must not be empty"),
        ({"field": None, "reason": "the body is not JSON"}, "the body is not JSON"),
    ],
)
def test_one_attribute_tells_all(differs: dict[str, str | None], reason: str) -> None:
    read = RejectedMessage.read(message(durable_pipeline=json.dumps(TOLD | differs), message_id="the producer's own"))

    assert read == RejectedMessage("1", "local-esm-1", f"validate, blank_field: {reason}")


@pytest.mark.parametrize(
    "attributes", [{}, *({"durable_pipeline": text} for text in ("not JSON", "[]", "[" * 100_000))]
)
def test_without_room_for_attributes_the_reason_says_so(attributes: dict[str, str]) -> None:
    read = RejectedMessage.read(message(**attributes))

    assert read == RejectedMessage("", "", "its body leaves no room for an attribute with the reason")
