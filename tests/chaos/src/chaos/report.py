"""The report of a run, as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.audit import Outcome
from chaos.faults import KINDS, OUTAGES
from chaos.messages import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.audit import Findings
    from chaos.drive import Course


@dataclass(frozen=True)
class Report:
    """A run: its options, its course, the audit's findings; ``seconds`` include start, drain and audit."""

    seed: int
    parameters: Mapping[str, str]
    course: Course
    findings: Findings
    seconds: float

    @property
    def clean(self) -> bool:
        """Return whether every message is accounted for and nothing is wrong."""
        return not self.findings.violations and self.course.given_up is None

    def lines(self, most: int | None = None) -> Iterator[str]:
        """Yield it as text, with at most ``most`` entries per list."""

        def listed(title: str, found: Sequence[str]) -> Iterator[str]:
            yield f"  {len(found):6}  {title}"
            yield from (f"          {entry}" for entry in found[:most])
            if len(found) > len(found[:most]):
                yield "          …"

        findings, sent, settling = self.findings, len(self.course.sent), self.course.settling_seconds
        faults = [one.fault for one in self.course.injected]
        outages = sum(fault.kind in OUTAGES for fault in faults)
        yield f"chaos with seed {self.seed}: {sent} messages, {len(faults) - outages} kills, {outages} outages"
        yield f"  {', '.join(f'{name} {value}' for name, value in self.parameters.items())}"
        yield f"  {settling:.1f} s from the first message sent to the last settled"
        yield f"  {sent / max(settling, 0.001):.1f} messages/s; {self.seconds:.1f} s in all"
        yield "\nFaults"
        for kind in KINDS:
            of_kind = [fault for fault in faults if fault.kind == kind]
            lasting = f", {sum(fault.seconds for fault in of_kind):.1f} s in all" if kind in OUTAGES else ""
            yield f"  {len(of_kind):6}  {kind}{lasting}"
        yield "\nOutcomes         " + "".join(f"{outcome:>13}" for outcome in Outcome)
        for kind in Kind:
            yield f"  {kind:15}" + "".join(f"{findings.outcomes[kind][outcome]:13}" for outcome in Outcome)
        yield "\nFaults in their order, with the messages that were settled before"
        yield from listed("faults", [f"{one.settled:6}  {one.fault.kind}" for one in self.course.injected])
        yield "\nSecond outcomes that at-least-once delivery allows"
        for second, found in findings.second_outcomes.items():
            yield from listed(second, found)
        if not findings.second_outcomes:
            yield "       0"
        yield "\nDead letters that are no poison"
        yield from listed("while there were at least as many faults as deliveries", findings.dead_by_faults)
        yield "\nInvalid messages with the key of a stored one"
        yield from listed(
            "rejected for the conflict, and not for what is wrong with them", findings.rejected_for_conflict
        )
        if self.course.given_up:
            yield f"\nGiven up: {self.course.given_up}"
        yield "\nViolations"
        yield from listed("violations", findings.violations)
        totals = findings.totals
        yield (
            f"\n{sent} sent {'≠' if totals[Outcome.LOST] else '='} {totals[Outcome.STORED]} stored + "
            f"{totals[Outcome.REJECTED]} rejected + {totals[Outcome.DEAD]} dead letters; "
            f"{len(findings.violations)} violations"
        )
