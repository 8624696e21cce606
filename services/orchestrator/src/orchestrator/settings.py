"""The environment of the function, read once and checked at start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pipeline_contracts.envelopes import Envelope

from orchestrator.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.stage import Stage

SMALLEST_CHUNK, LARGEST_CHUNK = 10, 500


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment."""

    environment: str
    function_arns: Mapping[str, str]
    """ARNs of the functions, by stage."""
    invalid_message_queue_url: str
    chunk_size: int
    envelope: Envelope = Envelope.NONE
    """The envelope in which producers send their messages."""
    stores_attributes: bool = False
    """Whether an item has the message attributes of its message."""
    counts_groups: bool = False
    """Whether messages are also counted by the `MessageGroupId` that makes a queue fair."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ, stages: Sequence[Stage] = STAGES) -> Self:
        """Read the variables; a missing one raises a KeyError with its name.

        Raises:
            ValueError: `CHUNK_SIZE` is not a number of records from 10 to 500, `ENVELOPE` is no `Envelope`, or
                `STORE_ATTRIBUTES` or `GROUP_METRICS` is neither `true` nor `false`, the default.
        """
        chunk_size = variables.get("CHUNK_SIZE", "400")
        if not chunk_size.isdecimal() or not SMALLEST_CHUNK <= int(chunk_size) <= LARGEST_CHUNK:
            raise ValueError(f"CHUNK_SIZE must be from {SMALLEST_CHUNK} to {LARGEST_CHUNK}, not {chunk_size!r}")
        return cls(
            environment=variables["ENVIRONMENT"],
            function_arns={stage.name: variables[stage.variable] for stage in stages},
            invalid_message_queue_url=variables["INVALID_MESSAGE_QUEUE_URL"],
            chunk_size=int(chunk_size),
            envelope=Envelope(variables.get("ENVELOPE", Envelope.NONE)),
            stores_attributes=_switch(variables, "STORE_ATTRIBUTES"),
            counts_groups=_switch(variables, "GROUP_METRICS"),
        )


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "false")
    if value not in ("true", "false"):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value == "true"
