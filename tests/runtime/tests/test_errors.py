"""AWS's errors when a function ends unexpectedly, and how the orchestrator interprets them.

The emulated Lambda reports most of these differently: tools/local-aws/README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline_runtime.function import Function
from pipeline_runtime.pipeline import ENVIRONMENT
from pipeline_testing.bodies import body
from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_runtime.pipeline import Pipeline


@pytest.fixture
def with_handler(pipeline: Pipeline, tmp_path: Path) -> Iterator[Callable[[str], Function]]:
    """The first service, with another handler."""
    made = []

    def make(handler: str) -> Function:
        service = pipeline.functions[SERVICES[0]]
        calls = tmp_path / "calls"
        calls.touch()
        variables = {"PYTHONPATH": f"{Path(__file__).parent}:{service.package}", "CALLS": str(calls)}
        made.append(Function(service.name, service.package, service.variables | variables, handler=handler))
        return made[-1]

    yield make
    for function in made:
        function.close()


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        ("unruly.raises", "OwnError"),
        ("unruly.exits", "Runtime.ExitError"),
        ("unruly.dies", "Runtime.ExitError"),
        ("unruly.floods", "Function.ResponseSizeTooLarge"),
        ("unruly.answers_a_lone_surrogate", "Runtime.ExitError"),
        ("unruly.is_absent", "Runtime.HandlerNotFound"),
        ("absent.handler", "Runtime.ImportModuleError"),
    ],
)
def test_an_error_has_the_type_that_aws_reports(
    with_handler: Callable[[str], Function], handler: str, error: str
) -> None:
    answer = with_handler(handler).invoke(b"{}")

    assert answer.is_error
    assert answer.read()["errorType"] == error


def test_a_service_that_died_and_one_that_answered_too_much_are_invoked_again(
    pipeline: Pipeline, with_handler: Callable[[str], Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    function = with_handler("unruly.recovers")
    monkeypatch.setitem(pipeline.functions, function.name, function)

    execution = pipeline.run(body(idempotency_key="recovers"))

    assert (execution["Status"], execution.get("Result")) == ("SUCCEEDED", '{"batchItemFailures": []}')
    errors = pipeline.errors(execution["DurableExecutionArn"])
    assert errors == ["Runtime.ExitError", "Function.ResponseSizeTooLarge"]
    assert pipeline.item(f"{ENVIRONMENT}-key-recovers")
