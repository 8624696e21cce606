"""Senders and readers with different versions of the contracts."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_contracts import VERSION, BrokenContractError, read_exchange
from pipeline_contracts.exchange import MAJOR, MINOR
from pipeline_contracts.storage import StorageResponse
from pipeline_contracts.validation import ValidationRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_contracts.exchange import Exchange

OWN, NEWER, OTHER = f"{MAJOR}.{MINOR}", f"{MAJOR}.{MINOR + 1}", f"{MAJOR + 1}.0"
RECORD = {"execution_id": "dev-esm-1", "data": "{}"}
RESULT = {
    "execution_id": "1",
    "status": "failed",
    "error": {"code": "throttled", "retryable": True, "message": "later"},
}


@pytest.fixture(params=[dict, json.dumps], ids=["parsed", "text"])
def sent(request: pytest.FixtureRequest) -> Callable[[dict[str, Any]], Any]:
    """Return an exchange as a service receives it, or as the orchestrator does."""
    return request.param


def test_a_sender_says_which_contracts_it_has() -> None:
    request = ValidationRequest.model_validate({"records": [RECORD]})

    assert request.model_dump(mode="json") == {"contract_version": OWN, "records": [RECORD]}
    assert version("durable-pipeline-contracts").startswith(f"{OWN}.")
    assert version("durable-pipeline-contracts") == VERSION


SURPLUS: list[tuple[type[Exchange], dict[str, Any]]] = [
    (ValidationRequest, {"records": [RECORD], "surplus": 1}),
    (ValidationRequest, {"records": [{**RECORD, "surplus": 1}]}),
    (StorageResponse, {"results": [RESULT], "surplus": 1}),
    (StorageResponse, {"results": [{**RESULT, "surplus": 1}]}),
    (StorageResponse, {"results": [{**RESULT, "error": {**RESULT["error"], "surplus": 1}}]}),  # type: ignore[dict-item]
]


@pytest.mark.parametrize(("model", "payload"), SURPLUS)
def test_what_a_newer_minor_added_is_ignored_at_every_level(
    sent: Callable[[dict[str, Any]], Any], model: type[Exchange], payload: dict[str, Any]
) -> None:
    read = read_exchange(model, sent({"contract_version": NEWER, **payload}))

    assert read.contract_version == NEWER
    assert "surplus" not in json.dumps(read.model_dump(mode="json"))


@pytest.mark.parametrize(("model", "payload"), SURPLUS)
@pytest.mark.parametrize("version", [{}, {"contract_version": OWN}, {"contract_version": f"{MAJOR}.0"}])
def test_a_sender_that_is_not_newer_may_not_send_what_the_contract_does_not_name(
    sent: Callable[[dict[str, Any]], Any], model: type[Exchange], payload: dict[str, Any], version: dict[str, str]
) -> None:
    with pytest.raises(BrokenContractError, match="extra_forbidden"):
        read_exchange(model, sent({**version, **payload}))


def test_other_errors_break_the_contract_whatever_the_version(sent: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(BrokenContractError, match=r"records.0.data: wrong_type"):
        read_exchange(ValidationRequest, sent({"contract_version": NEWER, "records": [{**RECORD, "data": 1}]}))


def test_another_major_version_breaks_the_contract(sent: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(BrokenContractError, match=rf"the sender has contracts '{OTHER}', and {MAJOR}\.x is read here"):
        read_exchange(ValidationRequest, sent({"contract_version": OTHER, "records": [RECORD]}))


@pytest.mark.parametrize("version", [None, 1.0, "", "1", "1.0.0", "1.0\n", "1.01", "v1.0", "1.x", "9" * 5_000])
def test_an_invalid_version_breaks_the_contract(sent: Callable[[dict[str, Any]], Any], version: object) -> None:
    with pytest.raises(BrokenContractError, match="contract_version") as raised:
        read_exchange(ValidationRequest, sent({"contract_version": version, "records": [RECORD]}))

    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("nothing", ["null", "[]", "7", '"text"', "", "{"])
def test_a_payload_that_is_not_an_object_breaks_the_contract(nothing: str) -> None:
    with pytest.raises(BrokenContractError):
        read_exchange(ValidationRequest, nothing)
