"""Whether a run succeeded: every message has exactly the expected outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_aws.errors import EmulatorError
from local_aws.terminal import shown

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from pipeline_demo.lines import NotSent
    from pipeline_demo.outcome import TrackedMessage
    from pipeline_demo.run import Finished

_SOME_LINES = 20


@dataclass(frozen=True)
class Expected:
    """The outcome of each line with a known outcome, and whether any other line may become a dead letter."""

    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    dead_letters: bool = False

    @classmethod
    def read(cls, path: Path, numbers: Sequence[int], *, dead_letters: bool) -> Expected:
        """Read the file beside the samples: one word per line, ``stored``, ``rejected`` or ``failed``."""
        try:
            words = path.read_text(encoding="utf-8").split()
            outcomes = [Outcome(word) for word in words]
        except (OSError, ValueError) as error:
            raise EmulatorError(f"the expected outcomes cannot be read: {error}") from error
        if len(outcomes) != len(numbers):
            raise EmulatorError(f"{path} needs an outcome for each of {len(numbers)} lines, and has {len(outcomes)}")
        return cls(dict(zip(numbers, outcomes, strict=True)), dead_letters=dead_letters)

    def differences(self, messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> Iterator[str]:
        """List messages that did not end as expected; lost ones are reported by the audit."""
        for tracked in messages:
            number, outcome = tracked.message.line.number, tracked.outcome
            wanted = self.outcomes.get(number)
            if outcome is Outcome.FAILED and not self.dead_letters and wanted is not Outcome.FAILED:
                reason = next(place.reason for place in tracked.places if place.outcome is Outcome.FAILED)
                yield f"line {number} is a dead letter: {reason}"
            elif wanted and outcome not in (wanted, Outcome.LOST, Outcome.FAILED):
                reasons = "".join(f": {place.reason}" for place in tracked.places if place.reason)
                yield f"line {number} was expected to be {wanted}, but is {outcome}{reasons}"
        for refusal in not_sent:
            if wanted := self.outcomes.get(refusal.line.number):
                yield f"line {refusal.line.number} was expected to be {wanted}, but was not sent: {refusal.reason}"
        if not_sent and not messages:
            yield "no message was sent"


def print_verdict(console: Console, finished: Finished, not_sent: Sequence[NotSent], expected: Expected) -> bool:
    """Print the totals and all problems, and return whether there are none."""
    audit = finished.audit
    violations = audit.violations()
    differences = list(expected.differences(audit.messages, not_sent))
    console.print()
    if not_sent:
        console.print(f"lines that were not sent, because SQS does not accept them: {len(not_sent)}", style="magenta")
    if finished.given_up:
        console.print(shown(f"gave up: {finished.given_up}", "bold red"), soft_wrap=True)
    for problems in (violations, differences):
        for problem in problems[:_SOME_LINES]:
            console.print(shown(problem, "red"), soft_wrap=not console.is_terminal)
        if len(problems) > _SOME_LINES:
            console.print(f"… and {len(problems) - _SOME_LINES} more", style="red", highlight=False)
    counts = audit.counts()
    lost = f" + {counts[Outcome.LOST]} lost" if counts[Outcome.LOST] else ""
    succeeded = not violations and not differences
    console.print(
        f"{counts.total()} sent {'≠' if violations else '='} {counts[Outcome.STORED]} stored + "
        f"{counts[Outcome.REJECTED]} rejected + {counts[Outcome.FAILED]} dead letters{lost}, "
        f"counted from the table and the queues, in {finished.seconds:.1f} s",
        style="bold green" if succeeded else "bold red",
        highlight=False,
    )
    return succeeded
