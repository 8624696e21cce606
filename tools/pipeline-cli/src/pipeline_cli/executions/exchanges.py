"""The requests and responses of the stages, as they were checkpointed, decoded and looked up by record.

They are read by key rather than with the models of the contracts, so that executions of every release can be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline_contracts.encoding import Compressed

Entries = Mapping[str, Mapping[str, Any]]
"""The entries of a request or a response, by the ``execution_id`` of their records."""

PASSED, REJECTED, UNFINISHED, FAILED = "passed", "rejected", "unfinished", "failed"
RUNNING, UNANSWERED = "running", "unanswered"


@dataclass(frozen=True)
class Verdict:
    """The result of one invoke of a stage for one record."""

    outcome: str
    """One of the words above. ``unfinished``: the service may do it later. ``failed``: the invoke itself failed.
    ``unanswered``: the execution ended before it.
    """
    code: str = ""
    reason: str = ""
    field: str = ""
    status: str = ""
    """The storer's status: ``stored`` or ``duplicate``."""
    stored_at: str = ""


def decoded(text: str) -> Any:
    """Parse a checkpointed payload, compressed or not.

    Raises:
        ValueError: It is not JSON, or does not match its compressed form.
    """
    value = json.loads(text)
    if isinstance(value, dict) and value.keys() == {"encoding", "body"}:
        return json.loads(Compressed.model_validate(value).body)
    return value


def entries_of(text: str | None) -> Entries:
    """Return the entries of a request or a response; empty if it cannot be read, or is neither."""
    try:
        value = decoded(text or "")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    listed = value.get("records", value.get("results"))
    found = listed if isinstance(listed, list) else []
    return {
        entry["execution_id"]: entry
        for entry in found
        if isinstance(entry, dict) and isinstance(entry.get("execution_id"), str)
    }


def verdict_of(entry: Mapping[str, Any]) -> Verdict:
    """Interpret the entry of a record in a response."""
    if entry.get("is_valid") is False:
        errors = [error for error in entry.get("errors") or () if isinstance(error, dict)]
        first = errors[0] if errors else {}
        words = [": ".join(filter(None, (_text(error, "field"), _text(error, "message")))) for error in errors]
        return Verdict(REJECTED, _text(first, "code"), "; ".join(words), _text(first, "field"))
    error = entry.get("error")
    if isinstance(error, dict):
        outcome = UNFINISHED if error.get("retryable") else REJECTED
        return Verdict(outcome, _text(error, "code"), _text(error, "message"))
    return Verdict(PASSED, status=_text(entry, "status"), stored_at=_text(entry, "stored_at"))


def branch_results(text: str | None) -> list[str]:
    """Return the results of a map's branches, in order; empty if the SDK checkpointed only a summary."""
    try:
        value = plain(json.loads(text or ""))
    except (ValueError, RecursionError):
        return []
    branches = value.get("all") if isinstance(value, dict) else None
    if not isinstance(branches, list):
        return []
    return [branch["result"] for branch in branches if isinstance(branch, dict) and isinstance(branch["result"], str)]


def plain(value: Any) -> Any:
    """Remove the SDK's encoding, in which each value has its type: ``{"t": "i", "v": 1}`` is 1."""
    if isinstance(value, dict):
        return plain(value["v"]) if value.keys() == {"t", "v"} else {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
