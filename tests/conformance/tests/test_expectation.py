from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from pipeline_conformance.__main__ import EXPECTED
from pipeline_conformance.expectation import Result, differences, known_failures, results
from pipeline_conformance.runner import APPLICATION

if TYPE_CHECKING:
    from pathlib import Path

PASSED, FAILED = Result("PASSED", []), Result("FAILED", ["Event[EventId=2]: no actual event"])
KNOWN = {"5-8": "the tenant id is left out"}


def test_a_report_as_expected_has_no_differences() -> None:
    assert differences({"1-1": PASSED, "5-8": FAILED}, KNOWN) == []


@pytest.mark.parametrize("status", ["FAILED", "OPTIONAL_FAILED", "UNCOVERED", "NOT_IMPLEMENTED"])
def test_whatever_does_not_pass_is_unexpected(status: str) -> None:
    result = Result(status, ["Event[EventId=2]: no actual event", "and another"])

    assert differences({"1-1": result, "5-8": result}, KNOWN) == [f"1-1 is {status}: Event[EventId=2]: no actual event"]


def test_a_known_failure_that_passes_is_unexpected() -> None:
    (line,) = differences({"5-8": PASSED}, KNOWN)

    assert line == "5-8 passes, but is a known failure: the tenant id is left out"


def test_a_known_failure_that_was_not_run_is_unexpected() -> None:
    assert differences({"1-1": PASSED}, KNOWN) == ["5-8 is a known failure, but was not run"]


def test_a_report_of_the_runner_is_read(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(
        json.dumps({"schema_version": "1.0", "results": [{"id": "1-1", "status": "PASSED", "errors": []}]})
    )

    assert results(report) == {"1-1": PASSED}


def test_each_known_failure_has_a_function_and_a_reason() -> None:
    covered = set(re.findall(r'"(\d+-\d+)"', (APPLICATION / "template.yaml").read_text(encoding="utf-8")))

    known = known_failures(EXPECTED)

    assert set(known) <= covered
    assert all(known.values())
