"""The packages as AWS's managed runtimes run them: each imports only its own content, and the client."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import pipeline_contracts
import pytest
from boto3.dynamodb.types import TypeDeserializer
from pipeline_contracts.exchange import Exchange, read_exchange
from pipeline_runtime.pipeline import ENVIRONMENT
from pipeline_testing.bodies import REQUIRED, body, body_with

if TYPE_CHECKING:
    from pipeline_runtime.function import Function
    from pipeline_runtime.pipeline import Pipeline

INVOKE_BYTES = 1_048_576
"""The limit of a chained invoke: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
BATCH_BYTES = 6_000_000
RECORDS = 100
LARGE_BYTES = 380_000
KEY = "exact"
EXACT = '"one": 1.0, "tenth": 0.1, "digits": 12345678901234567890123456789012345678, "text": "naïve 𝄞 \\u2028"'
LONE_SURROGATE = '"text": "\\ud800"'

measures_memory = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone says what a peak was")


def exchange(name: str) -> type[Exchange]:
    for module in iter_modules(pipeline_contracts.__path__):
        import_module(f"pipeline_contracts.{module.name}")
    return {model.__name__: model for model in Exchange.__subclasses__()}[name]


def request_for(stage: dict[str, str], *bodies: str) -> dict[str, Any]:
    """Return the example of a stage's request, with a record for each body."""
    example: Any = exchange(stage["request"]).model_json_schema()["examples"][0]
    (record,) = example["records"]
    identities = [f"runtime-esm-{index}" for index in range(len(bodies))]
    records = [record | {"execution_id": one, "data": data} for one, data in zip(identities, bodies, strict=True)]
    return {**example, "records": records}


def test_a_package_starts(function: Function) -> None:
    assert not function.start().started.is_error


@measures_memory
def test_a_service_answers_the_largest_request_in_its_memory(pipeline: Pipeline, stage: dict[str, str]) -> None:
    function = pipeline.functions[stage["service"]]
    room = INVOKE_BYTES - len(json.dumps(request_for(stage, *[body(padding="")] * RECORDS)))
    request = request_for(stage, *[body(padding="x" * (room // RECORDS))] * RECORDS)
    payload = json.dumps(request).encode()
    assert INVOKE_BYTES - RECORDS < len(payload) <= INVOKE_BYTES

    answer = function.invoke(payload)

    assert not answer.is_error, answer.payload
    assert len(answer.payload) <= INVOKE_BYTES
    results = read_exchange(exchange(stage["response"]), answer.payload.decode()).results  # type: ignore[attr-defined]
    assert [one.execution_id for one in results] == [one["execution_id"] for one in request["records"]]
    assert function.start().peak_megabytes < function.megabytes


def test_a_lone_surrogate_ends_no_service(pipeline: Pipeline, stage: dict[str, str]) -> None:
    function = pipeline.functions[stage["service"]]
    in_the_data = request_for(stage, body_with(LONE_SURROGATE), json.dumps(dict.fromkeys(REQUIRED, "\ud800")))
    in_an_identity = request_for(stage, "{}")
    in_an_identity["records"][0]["execution_id"] = "\ud800"

    answer, refused = (function.invoke(json.dumps(one).encode()) for one in (in_the_data, in_an_identity))

    assert not answer.is_error, answer.payload
    read_exchange(exchange(stage["response"]), answer.payload.decode())
    assert refused.read()["errorType"] == "BrokenContractError"


def test_a_batch_comes_back_from_the_table_as_it_was_sent(pipeline: Pipeline) -> None:
    sent = body_with(f'"idempotency_key": "{KEY}", {EXACT}')

    execution = pipeline.run(sent, "{}", body_with(LONE_SURROGATE))

    assert (execution["Status"], execution.get("Result")) == ("SUCCEEDED", '{"batchItemFailures": []}')
    stored = TypeDeserializer().deserialize({"M": pipeline.item(f"{ENVIRONMENT}-key-{KEY}")})
    assert stored["original_data"] == json.loads(sent, parse_float=Decimal, parse_int=Decimal)


@measures_memory
def test_the_largest_batch_runs_in_the_memory_of_the_functions(pipeline: Pipeline) -> None:
    bodies = [body(padding="x" * LARGE_BYTES, number=number) for number in range(BATCH_BYTES // LARGE_BYTES)]

    execution = pipeline.run(*bodies)

    assert (execution["Status"], execution.get("Result")) == ("SUCCEEDED", '{"batchItemFailures": []}')
    peaks = {name: (one.start().peak_megabytes, one.megabytes) for name, one in pipeline.functions.items()}
    assert all(peak < most for peak, most in peaks.values()), peaks
