"""Logs and metrics name a message and what is wrong with it, and hold none of the values that it carries."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whole import Whole

SECRET = "the-secret"  # noqa: S105 - a value to be found again

GOOD = {"data_source": SECRET, "processing_type": "standard", "note": SECRET}
BAD = {
    "not_json": f'{{"data_source": "{SECRET}", ',
    "not_an_object": f'["{SECRET}"]',
    "missing_field": json.dumps({"data_source": SECRET}),
    "blank_field": json.dumps(GOOD | {"processing_type": " "}),
    "wrong_type": json.dumps(GOOD | {"processing_type": [SECRET]}),
    "too_long": json.dumps(GOOD | {"idempotency_key": SECRET * 30}),
    "not_finite": json.dumps(GOOD | {"n": float("nan")}),
    "number_out_of_range": json.dumps(GOOD).replace("}", f', "n": {"9" * 39}}}'),
    "nested_too_deeply": json.dumps(GOOD).replace("}", f', "n": {"[" * 40}"{SECRET}"{"]" * 40}}}'),
    "lone_surrogate": json.dumps(GOOD | {"n": f"{SECRET}\ud800"}),
    "duplicate_key": json.dumps(GOOD).replace("}", f', "note": "{SECRET}"}}'),
    "message_too_large": json.dumps(GOOD | {"n": f"{SECRET}{'x' * 1_048_000}"}),
    "not_storable": json.dumps(GOOD | {"n": f"{SECRET}{'x' * 450_000}"}),
    "repeated_column": json.dumps(GOOD | {"processing_type": "tabular", "columns": [SECRET, SECRET]}),
}


@pytest.fixture
def log(whole: Whole) -> Iterator[io.StringIO]:
    """What all services log, down to INFO; in one process they share the logger."""
    from orchestrator.handler import logger  # it needs the environment that `whole` makes

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    root = logging.getLogger()
    level = logger.log_level
    before = root.level
    logger.setLevel(logging.INFO)
    root.setLevel(logging.INFO)
    for each in (root, logging.getLogger(logger.service)):
        each.addHandler(handler)
    yield written
    for each in (root, logging.getLogger(logger.service)):
        each.removeHandler(handler)
    logger.setLevel(level)
    root.setLevel(before)


@pytest.mark.parametrize("code", BAD)
def test_a_rejected_message_is_logged_without_its_values(
    whole: Whole, log: io.StringIO, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    (ended,) = whole.run(BAD[code])

    assert ended.code == code
    assert f'"code":"{code}"' in log.getvalue()
    assert "message is rejected" in log.getvalue()
    assert SECRET not in log.getvalue() + capfd.readouterr().out


def test_a_good_message_leaves_none_of_its_values_in_the_log(
    whole: Whole, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    (ended,) = whole.run(json.dumps(GOOD))

    assert ended.outcome == "stored"
    assert "batch is done" in log.getvalue()
    assert SECRET not in log.getvalue() + capfd.readouterr().out
