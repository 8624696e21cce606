"""Traces, histories and lists as JSON values. They include bodies only on request."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.timeline import rows_of
from pipeline_cli.executions.tree import data_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipeline_cli.executions.deliveries import Delivery, Execution
    from pipeline_cli.executions.following import Visit
    from pipeline_cli.executions.history import History, Operation
    from pipeline_cli.executions.log_search import LogSearch
    from pipeline_cli.executions.trace import Trace, TracedMessage


def trace_json(trace: Trace, search: LogSearch, *, bodies: bool) -> dict[str, Any]:
    """Return a trace."""
    return {
        "asked": trace.asked,
        "searched": {"log_group": search.group, "since": search.since, "complete": search.complete},
        "messages": [_message(message, bodies=bodies) for message in trace.messages],
        "notes": list(trace.notes),
    }


def history_json(
    execution: Execution, history: History, kept: Collection[str] | None, execution_id: str | None, *, bodies: bool
) -> dict[str, Any]:
    """Return a history, or the selected operations of it."""
    operations = [one for one in history.operations if kept is None or one.id in kept]
    return {
        "execution": asdict(execution) | {"error": history.execution.error and asdict(history.execution.error)},
        "invocations": history.invocations or None,
        "truncated": history.truncated,
        "operations": [_operation(one) | (dict(data_of(one, execution_id)) if bodies else {}) for one in operations],
    }


def _message(message: TracedMessage, *, bodies: bool) -> dict[str, Any]:
    item = message.item
    receipt = item and {
        name: getattr(item, name) for name in ("execution_id", "message_id", "stored_at", "data_digest")
    }
    return {
        "message_id": message.first_id,
        "message_ids": list(message.ids),
        "execution_id": message.execution_id,
        "now": [asdict(place) for place in message.places],
        "item": receipt and receipt | ({"content": dict(item.content)} if bodies and item else {}),
        "deliveries": [_delivery(delivery, bodies=bodies) for delivery in message.deliveries],
    }


def _delivery(delivery: Delivery, *, bodies: bool) -> dict[str, Any]:
    path, batch, record = delivery.path, delivery.batch, delivery.record
    value: dict[str, Any] = {
        "message_id": delivery.message_id,
        "at": delivery.at,
        "number": delivery.number or None,
        "outcome": delivery.outcome,
        "reason": delivery.reason and asdict(delivery.reason),
        "execution": asdict(delivery.execution),
        "error": delivery.history and delivery.history.execution.error and asdict(delivery.history.execution.error),
        "problem": delivery.problem or None,
    }
    if path and batch and record:
        value |= {
            "sent": record.message.sent,
            "messages": len(batch.messages),
            "joined": batch.duplicates(record),
            "conflicts": batch.conflicts(record),
            "chunk": path.chunk or None,
            "chunks": path.chunks,
            "own_fault": path.own_fault,
            "visits": [_visit(visit) for visit in path.visits],
            "timeline": [
                {"operation": row.label.strip(), "started": row.started, "ended": row.ended, "outcome": row.outcome}
                for row in rows_of(delivery)
            ],
        }
    if bodies and record:
        value["body"] = record.message.body
    return value


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "stage": visit.stage,
        "attempt": visit.attempt,
        "isolated": visit.isolated,
        "own": visit.own,
        "records": visit.records,
        **_times(visit.operation.started, visit.operation.ended),
        "verdict": asdict(visit.verdict),
        "error": visit.operation.error and asdict(visit.operation.error),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "parent": operation.parent,
        "name": operation.name,
        "kind": operation.kind,
        "sub_type": operation.sub_type or None,
        "status": operation.status,
        **_times(operation.started, operation.ended),
        "attempts": operation.attempts,
        "error": operation.error and asdict(operation.error),
        "function": operation.function or None,
        "version": operation.version or None,
        "records": len(operation.requested) or None,
        "truncated": operation.truncated,
    }


def _times(started: datetime | None, ended: datetime | None) -> dict[str, Any]:
    took = (ended - started).total_seconds() if started and ended else None
    return {"started": started, "ended": ended, "seconds": took}
