"""Every version of the contracts that this service supports: whatever it may be asked, it answers as promised."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from conformance.published import supported
from conformance.service import answers_as_promised
from validator.handler import handler

CONTEXT = SimpleNamespace(
    function_name="validator", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda", aws_request_id="request-1"
)


@pytest.mark.parametrize("version", supported(Path(__file__).parents[2] / "pyproject.toml"))
def test_whatever_the_schema_of_a_request_admits_gets_an_answer_that_the_schema_of_a_response_admits(
    version: str,
) -> None:
    answers_as_promised(lambda request: handler(request, CONTEXT), "validation", version)
