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
    """What decides how a body is read, and which record it is."""

    environment: str
    """Name of the deployment, with which each identity begins."""
    envelope: Envelope
    """The envelope in which producers send their messages."""

    def parse(self, body: str) -> ParsedMessage:
        """Read a body; raises InvalidBodyError, and whatever a model or an envelope of a team's own raises."""
        return read_message(body, self.envelope)

    def unwrapped(self, body: str) -> str:
        """Give the JSON text in the envelope of a body, or the body itself; raises what `parse` raises."""
        found = unwrap(body, self.envelope)
        return found.text if found else body

    def identity(self, first_message_id: str, parsed: ParsedMessage | None) -> str:
        """Name the record of a message; ``parsed`` is None if its body is no message."""
        return execution_id(self.environment, first_message_id, parsed)
