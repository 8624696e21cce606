"""The required settings of a deployment."""

from __future__ import annotations

import os

import pytest
from storer.settings import Settings


def test_the_environment_is_read() -> None:
    assert Settings.from_environment() == Settings(environment="test", table="processed")


@pytest.mark.parametrize("name", ["ENVIRONMENT", "PROCESSED_DATA_TABLE"])
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.from_environment({key: value for key, value in os.environ.items() if key != name})


@pytest.mark.parametrize("table", ["", "ab", "x" * 256, "a table", "table\n", "arn:aws:dynamodb:eu-west-1:1:table/t"])
def test_an_invalid_table_name_is_refused_at_start(table: str) -> None:
    """Otherwise, DynamoDB would refuse every item as if it could never be stored."""
    with pytest.raises(ValueError, match="PROCESSED_DATA_TABLE must be the name of a table, not "):
        Settings.from_environment({**os.environ, "PROCESSED_DATA_TABLE": table})


def test_the_body_is_stored_as_text_if_that_is_wanted() -> None:
    assert Settings.from_environment({**os.environ, "STORE_BODY": "true"}).stores_body
    with pytest.raises(ValueError, match="STORE_BODY must be true or false, not 'yes'"):
        Settings.from_environment({**os.environ, "STORE_BODY": "yes"})
