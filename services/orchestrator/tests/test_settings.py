"""The environment, validated at start."""

from __future__ import annotations

import os

import pytest
from orchestrator.settings import Settings
from orchestrator.stages import STAGES
from pipeline_contracts.envelopes import Envelope


def test_the_variables_are_read_by_their_names() -> None:
    settings = Settings.from_environment()

    assert settings.environment == "test"
    assert settings.function_arns["store"].endswith(":storer:live")
    assert settings.chunk_size == 100


@pytest.mark.parametrize(
    "name",
    ["ENVIRONMENT", *(stage.variable for stage in STAGES), "INVALID_MESSAGE_QUEUE_URL"],
)
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.from_environment({key: value for key, value in os.environ.items() if key != name})


def test_the_envelope_is_none_unless_it_is_declared() -> None:
    assert Settings.from_environment().envelope == "none"
    assert Settings.from_environment({**os.environ, "ENVELOPE": "s3"}).envelope is Envelope.S3


def test_an_unknown_envelope_is_refused() -> None:
    with pytest.raises(ValueError, match="'xml' is not a valid Envelope"):
        Settings.from_environment({**os.environ, "ENVELOPE": "xml"})


@pytest.mark.parametrize("name", ["STORE_ATTRIBUTES", "GROUP_METRICS"])
def test_a_switch_is_off_unless_it_is_true(name: str) -> None:
    def switched(value: str) -> set[bool]:
        settings = Settings.from_environment({**os.environ, name: value})
        return {settings.stores_attributes, settings.counts_groups}

    assert switched("false") == {False}
    assert switched("true") == {True, False}
    with pytest.raises(ValueError, match=f"{name} must be true or false, not 'yes'"):
        switched("yes")


@pytest.mark.parametrize("value", ["", "9", "501", "-10", "ten", "10.0"])
def test_a_chunk_size_out_of_range_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="CHUNK_SIZE must be from 10 to 500"):
        Settings.from_environment({**os.environ, "CHUNK_SIZE": value})
