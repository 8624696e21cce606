"""Fixed names for the resources of nested stacks, the same at each start.

MiniStack derives the names that a template leaves open from the name of the stack. That of a nested stack is random, so
a shell or a script would lose its table at each start.
"""

from __future__ import annotations

import hashlib
from typing import Any

# For resources that clients address by name: the property that holds the name, and the maximum length.
_NAMED = {
    "AWS::DynamoDB::Table": ("TableName", 255),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::SQS::Queue": ("QueueName", 80),
}
_DIGITS = 13


def fix_names(resources: dict[str, Any], stack: str) -> None:
    """Name the tables, functions and queues of a stack that have no name, as AWS would for that stack."""
    for logical_id, resource in resources.items():
        if resource["Type"] in _NAMED:
            key, longest = _NAMED[resource["Type"]]
            properties = resource.setdefault("Properties", {})
            ending = ".fifo" if properties.get("FifoQueue") else ""
            properties.setdefault(key, _name(stack, logical_id, longest - len(ending)) + ending)


def _name(stack: str, logical_id: str, longest: int) -> str:
    digest = hashlib.sha256(f"{stack}:{logical_id}".encode()).hexdigest()[:_DIGITS].upper()
    return f"{stack}-{logical_id}-"[: longest - _DIGITS] + digest
