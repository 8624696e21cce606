"""What becomes of a record."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, PipelineMessage, TransformationRecord, TransformationResult
from transformer.logic import transform
from transformer.transformations import TRANSFORMATIONS, NotTransformableError, Transformation

if TYPE_CHECKING:
    from pydantic import JsonValue

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def result_of(
    body: dict[str, Any] | str, transformations: dict[str, Transformation] = TRANSFORMATIONS
) -> TransformationResult:
    data = body if isinstance(body, str) else json.dumps(body)
    return transform(TransformationRecord(execution_id="test-esm-1", data=data), transformations, NOON)


def test_the_standard_transformation_gives_the_five_fields() -> None:
    transformed = result_of({"data_source": "test.csv", "processing_type": "standard"}).transformed_data

    assert transformed is not None
    assert transformed.model_dump(mode="json") == {
        "data_source": "TEST.CSV",
        "processing_type": "standard",
        "processed_at": "2026-01-31T12:00:00.000000Z",
        "execution_id": "test-esm-1",
        "transformation_applied": "standard",
    }


def test_an_unregistered_type_gets_the_standard_transformation() -> None:
    transformed = result_of({"data_source": "a", "processing_type": "never heard of"}).transformed_data

    assert transformed is not None
    assert (transformed.processing_type, transformed.transformation_applied) == ("never heard of", "standard")


def test_a_registered_transformation_adds_what_it_derives() -> None:
    body = {"data_source": "a", "processing_type": "tabular", "columns": ["a", "b", "c"]}
    transformed = result_of(body).transformed_data

    assert transformed is not None
    assert transformed.transformation_applied == "tabular"
    assert transformed.derived == {"column_count": 3}


@pytest.mark.parametrize("further", [{}, {"columns": 5}, {"columns": "a,b"}])
def test_a_tabular_message_without_a_list_of_columns_is_not_transformable(further: dict[str, Any]) -> None:
    error = result_of({"data_source": "a", "processing_type": "tabular", **further}).error

    assert error is not None
    assert (error.code, error.message) == (ErrorCode.NOT_TRANSFORMABLE, "columns: must be a list")


def hopeless(_message: PipelineMessage) -> dict[str, JsonValue]:
    raise NotTransformableError("the columns do not add up")


def verbose(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"text": "x" * 5_000}


def infinite(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"ratio": float("inf")}


@pytest.mark.parametrize(
    ("body", "transformation", "words"),
    [
        ({"data_source": "a", "processing_type": "own"}, hopeless, "the columns do not add up"),
        ({"data_source": "a", "processing_type": "own"}, verbose, "derived: .*at most 4096 bytes"),
        ({"data_source": "a", "processing_type": "own"}, infinite, "derived: .*not JSON compliant"),
        ("nonsense", hopeless, "not JSON"),
    ],
)
def test_what_can_never_be_transformed_is_a_permanent_error(
    body: dict[str, Any] | str, transformation: Transformation, words: str
) -> None:
    error = result_of(body, {"own": transformation}).error

    assert error is not None
    assert error.code is ErrorCode.NOT_TRANSFORMABLE
    assert error.code.is_permanent
    assert re.search(words, error.message)


def test_a_bug_in_a_transformation_is_not_hidden() -> None:
    def buggy(_message: PipelineMessage) -> dict[str, JsonValue]:
        return {"one": 1 // 0}

    with pytest.raises(ZeroDivisionError):
        result_of({"data_source": "a", "processing_type": "own"}, {"own": buggy})


@given(st.text(min_size=1))
def test_every_data_source_is_transformed_or_refused(data_source: str) -> None:
    result = result_of({"data_source": data_source, "processing_type": "standard"})

    if result.transformed_data is not None:
        assert result.transformed_data.data_source == data_source.upper()
    else:
        assert not data_source.strip()
