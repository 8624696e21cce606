"""Runs in the interpreter of a service: answers requests with the service's own code.

Each line of standard input is a request, and each line of standard output its answer. Output of the service itself
goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The part of a Lambda context that Powertools reads.
_CONTEXT = SimpleNamespace(
    function_name="check", memory_limit_in_mb=512, invoked_function_arn="check", aws_request_id="check"
)


def handled(service: str) -> Callable[[dict[str, Any]], Any]:
    """Return the Lambda handler of the service."""
    handler = importlib.import_module(f"{service}.handler").handler
    return lambda request: handler(request, _CONTEXT)


def sized(service: str) -> Callable[[dict[str, Any]], Any]:
    """Return a function that builds the items of a `StorageRequest`, and returns their sizes, or why it cannot."""
    item = importlib.import_module(f"{service}.item")
    model = importlib.import_module("pipeline_contracts.storage").StorageRequest
    now = datetime.now(UTC)

    def size(record: Any) -> dict[str, Any]:
        try:
            return {"bytes": item.item_bytes(item.item_of(record, now))}
        except ValueError as error:
            return {"refused": str(error)}

    return lambda request: {
        "most": item.MAX_ITEM_BYTES,
        "results": [size(record) for record in model.model_validate(request).records],
    }


_WORK = {"handled": handled, "sized": sized}


def main(service: str, work: str) -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    answer = _WORK[work](service)
    for line in sys.stdin:
        try:
            said = {"answer": answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - the caller finds the record that it is about
            said = {"raised": f"{type(error).__name__}: {error}"}
        answers.write(f"{json.dumps(said)}\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
