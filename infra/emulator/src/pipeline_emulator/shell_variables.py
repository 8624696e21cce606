"""The ``export`` lines with which the ordinary AWS tools talk to the emulated AWS."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_emulator.emulator import Emulator
    from pipeline_emulator.run_folder import RunFolder


@dataclass(frozen=True)
class ShellVariables:
    """Variables for a shell."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, aws: Emulator) -> ShellVariables:
        """Name the endpoint, the credentials and the stack's queues and table."""
        return cls(
            {
                **aws.endpoint.variables(),
                "QUEUE_URL": aws.outputs.queue_url,
                "DEAD_LETTER_QUEUE_URL": aws.outputs.dead_letter_queue_url,
                "INVALID_MESSAGE_QUEUE_URL": aws.outputs.invalid_message_queue_url,
                "TABLE_NAME": aws.outputs.table_name,
            }
        )

    def __str__(self) -> str:
        """Give the lines."""
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in self.values.items())

    @contextmanager
    def published(self, run: RunFolder) -> Iterator[ShellVariables]:
        """Keep the lines in the file ``.emulator/env`` while the run lasts."""
        run.publish(f"{self}\n")
        try:
            yield self
        finally:
            run.withdraw()
