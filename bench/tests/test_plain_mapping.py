"""Invocations of an ordinary function, in the place of durable executions."""

from __future__ import annotations

import io
from typing import Any

import pytest
from bench.plain_mapping import Invocations


class Lambda:
    """Answers each invocation with the same, and keeps the events."""

    def __init__(self, answer: str, **further: str) -> None:
        self.answer = answer
        self.further = further
        self.events: list[str] = []

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.events.append(Payload)
        return {"Payload": io.BytesIO(self.answer.encode()), **self.further}


def ended(client: Any) -> Any:
    invocations = Invocations(client, "plain")
    return invocations.describe(invocations.start("{}"))


def test_the_answer_of_a_function_is_the_result() -> None:
    client = Lambda('{"batchItemFailures": []}')

    found = ended(client)

    assert client.events == ["{}"]
    assert found.succeeded
    assert found.result == '{"batchItemFailures": []}'


def test_a_function_that_raises_fails_the_whole_batch() -> None:
    found = ended(Lambda('{"errorMessage": "no"}', FunctionError="Unhandled"))

    assert not found.succeeded
    assert not found.running
    assert "no" in found.error


def test_an_invocation_is_described_once() -> None:
    invocations = Invocations(Lambda("{}"), "plain")  # type: ignore[arg-type]
    name = invocations.start("{}")
    invocations.describe(name)

    with pytest.raises(KeyError):
        invocations.describe(name)
