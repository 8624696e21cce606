"""A batch that covers everything: every outcome, two chunks, retries, and records processed one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    honest, throttled = pipeline.services.storer, []

    def validator(event: dict[str, Any], _context: object) -> dict[str, Any]:
        def judge(record: dict[str, Any]) -> dict[str, Any]:
            if "invalid" not in record["data"]:
                return {"is_valid": True}
            return {"is_valid": False, "errors": [{"field": "mark", "code": "invalid", "message": "is invalid"}]}

        return pipeline.services._answer("validator", event, judge)

    def transformer(event: dict[str, Any], context: object) -> dict[str, Any]:
        if any("poison" in record["data"] for record in event["records"]):
            pipeline.services.calls.append(("poisoned", [record["execution_id"] for record in event["records"]]))
            raise MemoryError
        return type(pipeline.services).transformer(pipeline.services, event, context)

    def storer(event: dict[str, Any], context: object) -> dict[str, Any]:
        late = [record for record in event["records"] if "throttled" in record["data"]]
        if throttled or not late:
            return honest(event, context)
        throttled.append(True)
        rest = [record for record in event["records"] if record not in late]
        answer: dict[str, Any] = honest({"records": rest}, context) if rest else {"results": []}
        error = {"code": "throttled", "retryable": True, "message": "later"}
        answer["results"] += [
            {"execution_id": record["execution_id"], "status": "failed", "error": error} for record in late
        ]
        return answer

    pipeline.services.validator = validator  # type: ignore[method-assign]
    pipeline.services.transformer = transformer  # type: ignore[method-assign]
    pipeline.services.storer = storer  # type: ignore[method-assign]
