"""The building blocks of the services' contract tests."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from contract_tests import published, service
from contract_tests.service import answers_as_promised
from contract_tests.strategies import requests
from hypothesis import Phase, find, settings
from jsonschema import Draft202012Validator, ValidationError
from pipeline_contracts import InvalidBodyError, parse_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = settings(service.SETTINGS, max_examples=50, phases=[Phase.generate])
"""Failing examples are not shrunk."""


@pytest.mark.parametrize(
    ("installed", "peers"), [("1.0.0", ["1.0.0", "1.10.0"]), ("1.11.0", ["1.0.0", "1.10.0"]), ("2.0.1", ["2.0.0"])]
)
def test_the_lowest_and_the_newest_version_of_the_installed_major_may_be_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str, peers: list[str]
) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.10.0", "2.0.0"):
        (tmp_path / version).mkdir()
    monkeypatch.setattr(published, "SCHEMAS", tmp_path)

    assert published.peers(installed) == peers


def test_a_surplus_key_breaks_a_contract_unless_its_sender_has_a_newer_minor_version() -> None:
    answer = {"results": [{"execution_id": "1", "is_valid": True, "surplus": 1}]}

    Draft202012Validator(published.as_read_by("1.0.0", "validation-response", "1.1")).validate(answer)
    with pytest.raises(ValidationError, match="surplus"):
        Draft202012Validator(published.as_read_by("1.0.0", "validation-response", "1.0")).validate(answer)


def is_message(text: str) -> bool:
    try:
        parse_message(text)
    except InvalidBodyError:
        return False
    return True


@pytest.mark.parametrize("good", [True, False])
def test_valid_and_invalid_messages_are_tried(good: bool) -> None:
    found = find(
        requests("validation", "1.0.0"),
        lambda request: any(is_message(record["data"]) is good for record in request["records"]),
        settings=QUICK,
    )

    assert found["contract_version"] == "1.0"


def validated(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    if "encoding" in request:
        request = json.loads(zlib.decompress(base64.b64decode(request["body"])))
    results = []
    for record in request["records"]:
        error = {"field": "", "code": "odd", "message": "no"}
        verdict = {"is_valid": True} if is_message(record["data"]) else {"is_valid": False, "errors": [error]}
        results.append({"execution_id": record["execution_id"], **verdict})
    return {"contract_version": "1.0", "results": results, **changes}


def test_a_service_that_answers_as_it_promises_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTINGS", QUICK)

    answers_as_promised(validated, "validation", "1.0.0")


def crash(request: dict[str, Any]) -> dict[str, Any]:
    raise KeyError(len(request))


@pytest.mark.parametrize(
    "handle",
    [
        crash,
        lambda request: validated(request, surplus=1),
        lambda request: validated(request, results=[]),
        lambda request: validated(request, results=validated(request)["results"] * 2),
        lambda request: validated(
            request, results=[{**entry, "is_valid": 1} for entry in validated(request)["results"]]
        ),
        lambda request: validated(request, contract_version="2.0"),
    ],
)
def test_a_service_that_breaks_its_promise_is_found(
    monkeypatch: pytest.MonkeyPatch, handle: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    monkeypatch.setattr(service, "SETTINGS", QUICK)

    with pytest.raises((AssertionError, KeyError, ValidationError)):
        answers_as_promised(handle, "validation", "1.0.0")
