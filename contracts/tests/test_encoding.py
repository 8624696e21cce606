"""Requests and responses in their compressed form."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import BrokenContractError, answer, compress, read_exchange
from pipeline_contracts.encoding import MAX_DECODED_BYTES, MIN_BYTES
from pipeline_contracts.validation import ValidationRequest, ValidationResponse


def request(*data: str) -> ValidationRequest:
    return ValidationRequest.model_validate(
        {"records": [{"execution_id": f"dev-esm-{index}", "data": text} for index, text in enumerate(data)]}
    )


def form(data: bytes) -> dict[str, Any]:
    return {"encoding": "zlib", "body": base64.b64encode(data).decode()}


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_a_compressed_payload_is_read_back_unchanged(data: list[str]) -> None:
    sent = request(*data, " " * MIN_BYTES)

    compressed = compress(sent.model_dump_json())

    assert compressed is not None
    assert read_exchange(ValidationRequest, compressed) == sent
    assert read_exchange(ValidationRequest, json.dumps(compressed)) == sent


def test_it_is_shorter_for_records_that_are_alike() -> None:
    plain = request(*("{}" for _ in range(100))).model_dump_json()

    assert len(json.dumps(compress(plain))) < len(plain) / 4


def test_what_would_not_be_shorter_stays_as_it_is() -> None:
    incompressible = base64.b85encode(hashlib.shake_256(b"").digest(2 * MIN_BYTES)).decode()

    assert compress("{}") is None
    assert compress(json.dumps(incompressible)) is None


def test_the_bound_of_an_invoke_holds_before_compression() -> None:
    longest = b" " * (MAX_DECODED_BYTES - 14) + b'{"records":[]}'

    with pytest.raises(BrokenContractError, match="records: too_short"):
        read_exchange(ValidationRequest, form(zlib.compress(longest)))
    with pytest.raises(BrokenContractError, match="1,048,576"):
        read_exchange(ValidationRequest, form(zlib.compress(b" " + longest)))


def test_no_more_is_decoded_than_the_bound_allows() -> None:
    bomb = form(zlib.compress(bytes(64 * MAX_DECODED_BYTES)))

    tracemalloc.start()
    with pytest.raises(BrokenContractError, match="1,048,576"):
        read_exchange(ValidationRequest, bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * MAX_DECODED_BYTES


GOOD = zlib.compress(request("{}").model_dump_json().encode())


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"encoding": "gzip", "body": ""}, "encoding"),
        ({"encoding": "zlib"}, "body"),
        ({"encoding": "zlib", "body": "{}"}, "base64"),
        ({"encoding": "zlib", "body": 5}, "body"),
        ({**form(GOOD), "surplus": 1}, "extra_forbidden"),
        ({**form(GOOD), "records": []}, "extra_forbidden"),
        (form(b"no zlib"), "zlib"),
        (form(GOOD[:-1]), "end"),
        (form(GOOD + b"more"), "end"),
        (form(zlib.compress(b"\xff")), "utf-8"),
        (form(zlib.compress(b"not json")), "json_invalid"),
        (form(zlib.compress(json.dumps(form(GOOD)).encode())), "records"),
    ],
)
def test_a_form_that_cannot_be_read_breaks_the_contract(sent: dict[str, Any], words: str) -> None:
    with pytest.raises(BrokenContractError, match=words):
        read_exchange(ValidationRequest, sent)


def test_an_answer_is_compressed_only_on_request() -> None:
    response = ValidationResponse.model_validate(
        {"results": [{"execution_id": f"dev-esm-{index}", "is_valid": True} for index in range(100)]}
    )

    assert answer(response, {"records": []}) == response.model_dump(mode="json")
    compressed = answer(response, form(GOOD))
    assert compressed["encoding"] == "zlib"
    assert read_exchange(ValidationResponse, json.dumps(compressed)) == response
