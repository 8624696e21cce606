"""The event source mapping through which the queue starts executions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from pipeline_cli.patience import Patience
    from pipeline_cli.target import Target

ENABLED, DISABLED = "Enabled", "Disabled"

# Another change is in progress: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
_CHANGING = {"ResourceInUseException", "ResourceConflictException"}


@dataclass(frozen=True)
class EventSource:
    """The mapping of the source queue and the orchestrator's alias."""

    uuid: str
    state: str
    reason: str
    """The origin of the last change: USER_INITIATED, or Lambda with the reason."""


def find(target: Target) -> EventSource:
    """Find the mapping.

    Raises:
        CommandError: There is none, or more than one.
    """
    resources = target.resources
    pages = (
        target.client("lambda")
        .get_paginator("list_event_source_mappings")
        .paginate(FunctionName=resources.function_arn)
    )
    queue = resources.queue_url.rpartition("/")[2]
    found = [
        EventSource(mapping["UUID"], mapping["State"], mapping.get("StateTransitionReason", ""))
        for page in pages
        for mapping in page["EventSourceMappings"]
        if mapping.get("EventSourceArn", "").rpartition(":")[2] == queue
    ]
    if len(found) != 1:
        raise CommandError(f"{resources.function_arn} has {len(found)} event source mappings of {queue}, not one")
    return found[0]


def switch(target: Target, source: EventSource, patience: Patience, *, on: bool) -> None:
    """Enable or disable the mapping; AWS refuses this during an earlier change, so the call is repeated.

    Raises:
        CommandError: The earlier change did not end in time.
    """
    refused = ""
    for _ in patience.looks():
        try:
            target.client("lambda").update_event_source_mapping(UUID=source.uuid, Enabled=on)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _CHANGING:
                raise
            refused = str(error)
        else:
            return
    raise CommandError(f"the event source mapping {source.uuid} cannot be changed: {refused}")
