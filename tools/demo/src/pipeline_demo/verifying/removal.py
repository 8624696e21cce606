"""Removing a run's items and messages, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pipeline_cli import operations_log
from pipeline_cli.advice import advice

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from pipeline_cli.target import Target

    from pipeline_demo.verifying.verification import Verification


@dataclass
class Removal:
    """The result of a removal: what was removed, and what was not."""

    items: int = 0
    messages: int = 0
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Describe it in words."""
        return f"removed {self.items} items and {self.messages} messages; logs and histories of executions remain"


def remove(target: Target, verification: Verification, run: str) -> Removal:
    """Delete the items and the queued messages of a run, and record it in the operations log."""
    removal, messages = Removal(), verification.audit.messages
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for one in messages:
        owners[one.execution_id].add(one.message.message_id)
    for execution_id in sorted({one.execution_id for one in messages if Outcome.STORED in one.outcomes}):
        _delete_item(target, execution_id, owners[execution_id], removal)
    for reader, outcome in ((verification.invalid, Outcome.REJECTED), (verification.dead, Outcome.FAILED)):
        queued = [place.queued_id for one in messages for place in one.places if place.outcome is outcome]
        problems = reader.delete(queued)
        removal.messages += len(queued) - len(problems)
        removal.left += (f"message {one} of a queue was not deleted: {problem}" for one, problem in problems.items())
    if pending := verification.audit.pending:
        removal.left.append(f"messages without an outcome, which will be stored or rejected later: {pending}")
    line = {"action": "verify", "run": run, "items": removal.items, "messages": removal.messages}
    if problem := operations_log.record(target, "verify --clean", line):
        removal.left.append(problem)
    return removal


def _delete_item(target: Target, execution_id: str, own: set[str], removal: Removal) -> None:
    """Delete an item only if it belongs to a message of the run; DynamoDB compares with at most 100 values."""
    names = {f":id{index}": {"S": message_id} for index, message_id in enumerate(sorted(own))}
    try:
        target.client("dynamodb").delete_item(
            TableName=target.resources.table_name,
            Key={"execution_id": {"S": execution_id}},
            ConditionExpression=f"message_id IN ({', '.join(names)})",
            ExpressionAttributeValues=names,
        )
    except (BotoCoreError, ClientError) as error:
        removal.left.append(f"the item {execution_id} was not deleted: {advice(error)}")
    else:
        removal.items += 1
