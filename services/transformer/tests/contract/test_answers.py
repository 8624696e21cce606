"""The service keeps its promise for any request, with the lowest or the newest contracts of this major."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from contract_tests.published import peers
from contract_tests.service import answers_as_promised
from transformer.handler import handler

CONTEXT = SimpleNamespace(
    function_name="transformer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda",
    aws_request_id="request-1",
)


@pytest.mark.parametrize("version", peers())
def test_every_request_that_fits_its_schema_gets_a_response_that_fits_its_own(
    version: str,
) -> None:
    answers_as_promised(lambda request: handler(request, CONTEXT), "transformation", version)
