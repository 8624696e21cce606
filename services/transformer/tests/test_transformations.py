"""The transformations of the processing types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bodies import body
from pipeline_contracts import parse_message
from transformer.transformations import NotTransformableError, standard, tabular

if TYPE_CHECKING:
    from pydantic import JsonValue


def transformed(transformation: Any, **fields: Any) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = transformation(parse_message(body(**fields)).content)
    return result


def test_the_standard_transformation_writes_the_data_source_in_upper_case() -> None:
    assert transformed(standard, data_source="test.csv") == {"data_source": "TEST.CSV", "processing_type": "standard"}


def test_a_tabular_message_has_its_columns_counted() -> None:
    counted = transformed(tabular, processing_type="tabular", columns=["a", "b", "c"])

    assert (counted["column_count"], counted["processing_type"]) == (3, "tabular")


@pytest.mark.parametrize("further", [{}, {"columns": 5}, {"columns": "a,b"}])
def test_a_tabular_message_without_a_list_of_columns_is_not_transformable(further: dict[str, Any]) -> None:
    with pytest.raises(NotTransformableError, match="columns: must be a list"):
        transformed(tabular, processing_type="tabular", **further)
