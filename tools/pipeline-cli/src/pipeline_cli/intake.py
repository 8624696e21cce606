"""Reading bodies as the orchestrator of an environment does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_contracts import execution_id
from pipeline_contracts.envelopes import Envelope, read_message, unwrap

if TYPE_CHECKING:
    from pipeline_contracts import ParsedMessage


@dataclass(frozen=True)
class Intake:
    """The settings that decide how a body is read, and to which record it belongs."""

    environment: str
    """The name of the deployment, the prefix of each identity."""
    envelope: Envelope
    """The envelope in which producers send their messages."""

    def parse(self, body: str) -> ParsedMessage:
        """Read a body; raises InvalidBodyError, and any exception of a team's own model or envelope."""
        return read_message(body, self.envelope)

    def unwrapped(self, body: str) -> str:
        """Return the JSON text in the envelope of a body, or the body itself; raises the same exceptions as `parse`."""
        found = unwrap(body, self.envelope)
        return found.text if found else body

    def identity(self, first_message_id: str, parsed: ParsedMessage | None) -> str:
        """Return the identity of a message's record; ``parsed`` is None if its body is no message."""
        return execution_id(self.environment, first_message_id, parsed)
