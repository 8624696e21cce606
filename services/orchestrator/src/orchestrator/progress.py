"""The progress of a chunk's records on their way through the stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.messages import Failure, Record, Rejection


@dataclass
class Progress:
    """The progress of a chunk's records. A record that is in none of these lists has failed."""

    stored: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, Rejection]] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    """Records whose invoke keeps failing, because of one of them or of the system."""
    outage: bool = False
    """The system is the cause: none of the records, or less than half, passed a stage."""
    retried: bool = False
    """A stage was retried, or left records unfinished."""


@dataclass(frozen=True)
class Suspect:
    """A record that may be why its chunk's invoke fails, and the index of that stage."""

    failure: Failure
    stage: int

    @property
    def record(self) -> Record:
        return self.failure.record
