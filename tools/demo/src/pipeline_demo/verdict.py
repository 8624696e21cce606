"""Whether a run is a success: every message has one outcome, and it is the one that was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws.terminal import shown

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pipeline_demo.expected import Expected
    from pipeline_demo.lines import NotSent
    from pipeline_demo.run import Finished

_SOME_LINES = 20


def print_verdict(console: Console, finished: Finished, not_sent: Sequence[NotSent], expected: Expected) -> bool:
    """Print the sums and all that is not as it should be, and say whether there is nothing of the kind."""
    audit = finished.audit
    violations = audit.violations()
    differences = expected.differences(audit.messages, not_sent)
    console.print()
    if not_sent:
        console.print(f"{len(not_sent)} lines were not sent: SQS cannot take them", style="magenta")
    if finished.given_up:
        console.print(shown(f"given up: {finished.given_up}", "bold red"), soft_wrap=True)
    for problems in (violations, differences):
        for problem in problems[:_SOME_LINES]:
            console.print(shown(problem, "red"), soft_wrap=True)
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
        soft_wrap=True,
    )
    return succeeded
