"""A batch that covers everything: every outcome, two chunks, retries, and records processed one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faults
from pipeline import body

if TYPE_CHECKING:
    from pipeline import Pipeline

# Two chunks: the first with a record that is throttled once, the second with one that crashes its service each time.
CHUNK_SIZE = 10
BATCH = (
    "not json",
    body(mark="invalid"),
    body(mark="throttled once"),
    body(idempotency_key="k"),
    body(idempotency_key="k"),
    *(body(n=n) for n in range(7)),
    body(mark="poison"),
    body(n=7),
)


def spoil(pipeline: Pipeline) -> None:
    """Make the batch mixed: the services as a batch of all outcomes meets them."""
    store, throttled = pipeline.services.storer, []
    invalid = {"is_valid": False, "errors": [{"field": "mark", "code": "invalid", "message": "is invalid"}]}

    def transformer(event: dict[str, Any], honest: Any) -> Any:
        if faults.holds(event, "poison"):
            pipeline.services.calls.append(("poisoned", [record["execution_id"] for record in event["records"]]))
            raise MemoryError
        return honest()

    def storer(event: dict[str, Any], honest: Any) -> Any:
        late = [record for record in event["records"] if "throttled" in record["data"]]
        if throttled or not late:
            return honest()
        throttled.append(True)
        rest = [record for record in event["records"] if record not in late]
        answer: dict[str, Any] = store({"records": rest}, None) if rest else {"results": []}
        answer["results"] += [{"execution_id": record["execution_id"], **faults.THROTTLED} for record in late]
        return answer

    faults.spoil(pipeline, "validator", lambda event, honest: faults.results_for(event, "invalid", invalid, honest()))
    faults.spoil(pipeline, "transformer", transformer)
    faults.spoil(pipeline, "storer", storer)
