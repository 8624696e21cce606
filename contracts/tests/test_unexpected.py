"""Reporting exceptions without their texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_contracts import location_of


def test_an_exception_is_named_by_its_type_and_place_and_without_its_words() -> None:
    def has_a_bug() -> None:
        raise KeyError("the secret")

    with pytest.raises(KeyError) as raised:
        has_a_bug()

    line = has_a_bug.__code__.co_firstlineno + 1
    assert location_of(raised.value) == f"KeyError in has_a_bug, {Path(__file__).name}:{line}"


def test_an_exception_that_nobody_raised_has_no_place() -> None:
    assert location_of(KeyError("the secret")) == "KeyError"
