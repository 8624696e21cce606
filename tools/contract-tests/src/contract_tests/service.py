"""The promise of a service: for every request that its schema admits, its response fits the response schema."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contract_tests.published import as_read_by, minor
from contract_tests.strategies import requests

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

SETTINGS: Final = settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def answers_as_promised(handle: Callable[[Json], Json], work: str, version: str) -> None:
    """Call a service like a sender with a version of the contracts, and read the responses like one."""
    kinds: set[frozenset[str]] = set()

    @SETTINGS
    @given(requests(work, version), st.booleans())
    def asked(request: Json, compressed: bool) -> None:
        Draft202012Validator(as_read_by(version, f"{work}-request", minor(version))).validate(request)

        answer = _through_json(handle(_through_json(_compressed(request) if compressed else request)))

        if compressed and "encoding" in answer:
            answer = json.loads(zlib.decompress(base64.b64decode(answer["body"])))
        Draft202012Validator(as_read_by(version, f"{work}-response", answer["contract_version"])).validate(answer)
        assert _identities(answer["results"]) == _identities(request["records"])
        kinds.update(frozenset(key for key, value in entry.items() if value) for entry in answer["results"])

    asked()
    assert len(kinds) > 1, "good records and bad ones were to be tried"


def _compressed(request: Json) -> Json:
    return {"encoding": "zlib", "body": base64.b64encode(zlib.compress(json.dumps(request).encode())).decode()}


def _through_json(value: Json) -> Json:
    travelled: Json = json.loads(json.dumps(value, allow_nan=False))
    return travelled


def _identities(entries: list[Json]) -> Counter[str]:
    return Counter(entry["execution_id"] for entry in entries)
