"""Faults in a test, and the outcomes of its messages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline import Pipeline


ODD = {"is_valid": False, "errors": [{"field": "n", "code": "odd", "message": "must be even"}]}
"""The validator's result for an invalid record."""
NEVER = {"error": {"code": "not_transformable", "retryable": False, "message": "no"}}
"""The transformer's result for a record that it can never transform."""
LATER = {"error": {"code": "unavailable", "retryable": True, "message": "later"}}
"""The transformer's result for a record that it may transform later."""
THROTTLED = {"status": "failed", "error": {"code": "throttled", "retryable": True, "message": "later"}}
"""The storer's result for a write that is throttled."""
CONFLICT = {
    "status": "rejected",
    "error": {"code": "idempotency_conflict", "retryable": False, "message": "other data"},
}
"""The storer's result for a key that is stored with other data."""


def outcomes(pipeline: Pipeline, failed: list[str], sent: int) -> dict[str, str]:
    """Determine the outcome of each message from the table, the queue and the response; two outcomes are a fault."""
    found = [(name.removeprefix("test-esm-"), "stored") for name in pipeline.services.table]
    found += [(rejection.message.message_id, "rejected") for rejection in pipeline.queue.messages]
    found += [(message_id, "failed") for message_id in failed]
    assert Counter(message_id for message_id, _ in found) == Counter(f"m{index}" for index in range(sent))
    return dict(found)


def spoil(pipeline: Pipeline, service: str, spoiled: Any) -> None:
    """Let `spoiled(event, honest)` answer in place of a service."""
    honest = getattr(pipeline.services, service)

    def serve(event: dict[str, Any], context: object) -> Any:
        return spoiled(event, lambda: honest(event, context))

    pipeline.monkeypatch.setattr(pipeline.services, service, serve)


def requests_to(pipeline: Pipeline, service: str) -> list[dict[str, Any]]:
    """Collect the requests to a service, also those that an earlier fault spoils."""
    requests: list[dict[str, Any]] = []
    spoil(pipeline, service, lambda event, honest: requests.append(event) or honest())
    return requests


def raising(error: type[Exception], *marks: str) -> Any:
    """Let a service raise for all records, or for those with a mark."""

    def answer(event: dict[str, Any], honest: Any) -> Any:
        if not marks or any(holds(event, mark) for mark in marks):
            raise error
        return honest()

    return answer


def holds(event: dict[str, Any], text: str) -> bool:
    return any(text in record["data"] for record in event["records"])


def results_for(event: dict[str, Any], text: str, result: dict[str, Any], honest: dict[str, Any]) -> dict[str, Any]:
    marked = {record["execution_id"] for record in event["records"] if text in record["data"]}
    return {
        "results": [
            {"execution_id": entry["execution_id"], **result} if entry["execution_id"] in marked else entry
            for entry in honest["results"]
        ]
    }
