"""What came of a run, as JSON and as text."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos.audit import Outcome
from chaos.faults import KINDS, OUTAGES
from chaos.messages import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from chaos.audit import Findings
    from chaos.drive import Course

_SHOWN = 20


@dataclass(frozen=True)
class Report:
    """A run: what was asked for, how it went, what the audit found; ``seconds`` with start, drain and audit."""

    seed: int
    parameters: Mapping[str, str]
    course: Course
    findings: Findings
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether every message is accounted for and nothing is wrong."""
        return not self.findings.violations and self.course.given_up is None

    def as_json(self) -> dict[str, Any]:
        """Give all of it, as values that JSON has."""
        findings, course = self.findings, self.course
        return {
            "clean": self.clean,
            "seed": self.seed,
            "messages": len(course.sent),
            "parameters": dict(self.parameters),
            "outcomes": {outcome: findings.totals[outcome] for outcome in Outcome},
            "outcomes_by_kind": {
                kind: {outcome: count for outcome, count in findings.outcomes[kind].items() if count}
                for kind in Kind
                if kind in findings.outcomes
            },
            "faults": self._faults(),
            "faults_in_order": [
                {
                    "kind": one.fault.kind,
                    "planned_after": one.fault.after,
                    "settled": one.settled,
                    "seconds": round(one.fault.seconds, 1),
                }
                for one in course.injected
            ],
            "seconds": round(self.seconds, 1),
            "settling_seconds": round(course.settling_seconds, 1),
            "messages_per_second": round(self._rate(), 1),
            "given_up": course.given_up,
            "second_outcomes": {str(kind): found for kind, found in findings.second_outcomes.items()},
            "dead_by_faults": findings.dead_by_faults,
            "rejected_for_conflict": findings.rejected_for_conflict,
            "violations": findings.violations,
        }

    def lines(self) -> Iterator[str]:
        """Give it as text to read."""
        findings, course = self.findings, self.course
        outages = sum(one.fault.kind in OUTAGES for one in course.injected)
        kills = len(course.injected) - outages
        yield f"chaos with seed {self.seed}: {len(course.sent)} messages, {kills} kills, {outages} outages"
        yield f"  {course.settling_seconds:.1f} s from the first message sent to the last settled"
        yield f"  {self._rate():.1f} messages/s; {self.seconds:.1f} s in all"
        for title, among_outages in (("Kills", False), ("Outages", True)):
            yield f"\n{title}"
            for fault, count in self._faults().items():
                if (fault in OUTAGES) is among_outages:
                    yield f"  {count:6}  {fault}" + (f", {self._seconds(fault):.1f} s in all" if among_outages else "")
        yield "\nOutcomes         " + "".join(f"{outcome:>13}" for outcome in Outcome)
        for kind in Kind:
            counts = findings.outcomes.get(kind, Counter())
            yield f"  {kind:15}" + "".join(f"{counts[outcome]:13}" for outcome in Outcome)
        yield "\nSecond outcomes that at-least-once delivery allows"
        for second, found in findings.second_outcomes.items():
            yield from _listed(f"{len(found):6}  {second}", found)
        if not findings.second_outcomes:
            yield "       0"
        yield "\nDead letters that are no poison"
        title = f"{len(findings.dead_by_faults):6}  while there were at least as many faults as deliveries"
        yield from _listed(title, findings.dead_by_faults)
        yield "\nInvalid messages with the key of a stored one"
        title = (
            f"{len(findings.rejected_for_conflict):6}  rejected for the conflict, and not for what is wrong with them"
        )
        yield from _listed(title, findings.rejected_for_conflict)
        if course.given_up:
            yield f"\nGiven up: {course.given_up}"
        yield "\nViolations"
        yield from _listed(f"{len(findings.violations):6}  violations", findings.violations)
        yield f"\n{self.sum()}"

    def sum(self) -> str:
        """Give the one line that matters."""
        totals = self.findings.totals
        sent = len(self.course.sent)
        sign = "≠" if totals[Outcome.LOST] else "="
        return (
            f"{sent} sent {sign} {totals[Outcome.STORED]} stored + {totals[Outcome.REJECTED]} rejected + "
            f"{totals[Outcome.DEAD]} dead letters; {len(self.findings.violations)} violations"
        )

    def write(self, folder: Path) -> None:
        """Write report.json and report.txt."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_json(), indent=2, ensure_ascii=False)
        (folder / "report.json").write_text(f"{text}\n", encoding="utf-8")
        (folder / "report.txt").write_text("\n".join(self.lines()) + "\n", encoding="utf-8")

    def shown(self) -> Iterator[str]:
        """Give the text without the middle of long lists."""
        run = 0
        for line in self.lines():
            run = run + 1 if line.startswith(_DEEP) else 0
            if run <= _SHOWN:
                yield line
            elif run == _SHOWN + 1:
                yield f"{_DEEP}…"

    def _faults(self) -> dict[str, int]:
        counts = Counter(one.fault.kind for one in self.course.injected)
        return {kind: counts[kind] for kind in KINDS}

    def _seconds(self, kind: str) -> float:
        return sum(one.fault.seconds for one in self.course.injected if one.fault.kind == kind)

    def _rate(self) -> float:
        return len(self.course.sent) / max(self.course.settling_seconds, 0.001)


_DEEP = " " * 10


def _listed(title: str, found: Sequence[str]) -> Iterator[str]:
    yield f"  {title}"
    yield from (f"{_DEEP}{entry}" for entry in found)
