"""What a run has to end with to count as a success."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_aws.errors import EmulatorError

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline_demo.lines import NotSent
    from pipeline_demo.outcome import TrackedMessage


@dataclass(frozen=True)
class Expected:
    """The outcome of each line whose outcome is known beforehand, and whether any other may be a dead letter."""

    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    dead_letters: bool = False

    @classmethod
    def read(cls, path: Path, numbers: Sequence[int], *, dead_letters: bool) -> Expected:
        """Read the file beside the samples: a word for each line, ``stored`` or ``rejected``."""
        try:
            words = path.read_text(encoding="utf-8").split()
            outcomes = [Outcome(word) for word in words]
        except (OSError, ValueError) as error:
            raise EmulatorError(f"the expected outcomes cannot be read: {error}") from error
        if len(outcomes) != len(numbers):
            raise EmulatorError(f"{path} has {len(outcomes)} outcomes for {len(numbers)} lines")
        return cls(dict(zip(numbers, outcomes, strict=True)), dead_letters=dead_letters)

    def differences(self, messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> list[str]:
        """Say which messages did not end as expected; those that are lost are told by the audit."""
        told = [*self._of_messages(messages), *self._of_lines(not_sent)]
        if not_sent and not messages:
            told.append("no message was sent")
        return told

    def _of_messages(self, messages: Sequence[TrackedMessage]) -> Iterator[str]:
        for tracked in messages:
            number, outcome = tracked.message.line.number, tracked.outcome
            wanted = self.outcomes.get(number)
            if outcome is Outcome.FAILED and not self.dead_letters:
                reason = next(place.reason for place in tracked.places if place.outcome is Outcome.FAILED)
                yield f"line {number} is a dead letter: {reason}"
            elif wanted and outcome not in (wanted, Outcome.LOST, Outcome.FAILED):
                reasons = "".join(f": {place.reason}" for place in tracked.places if place.reason)
                yield f"line {number} was expected to be {wanted}, and is {outcome}{reasons}"

    def _of_lines(self, not_sent: Sequence[NotSent]) -> Iterator[str]:
        for refusal in not_sent:
            if wanted := self.outcomes.get(refusal.line.number):
                yield f"line {refusal.line.number} was expected to be {wanted}, and was not sent: {refusal.reason}"
