"""The service keeps its promise for any request, with the lowest or the newest contracts of this major."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from contract_tests.published import peers
from contract_tests.service import answers_as_promised
from storer import handler as module
from storer.adapters import DynamoDBTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONTEXT = SimpleNamespace(
    function_name="storer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 25_000,
)


@pytest.mark.parametrize("version", peers())
def test_every_request_that_fits_its_schema_gets_a_response_that_fits_its_own(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(module, "table", DynamoDBTable(dynamodb, "processed"))

    answers_as_promised(lambda request: module.handler(request, CONTEXT), "storage", version)
