"""The outputs of the pipeline's stack; only this module knows their names in the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class StackOutputs:
    """The outputs that name the queues and the table."""

    queue_url: str
    dead_letter_queue_url: str
    invalid_message_queue_url: str
    table_name: str

    @classmethod
    def of(cls, outputs: Mapping[str, str]) -> StackOutputs:
        """Read them by their names in the template; raises DeployError if one is missing."""
        try:
            return cls(
                queue_url=outputs["DataProcessingQueueUrl"],
                dead_letter_queue_url=outputs["DataProcessingDeadLetterQueueUrl"],
                invalid_message_queue_url=outputs["InvalidMessageQueueUrl"],
                table_name=outputs["ProcessedDataTable"],
            )
        except KeyError as error:
            raise DeployError(f"the stack has no output {error}, only {sorted(outputs)}") from None
