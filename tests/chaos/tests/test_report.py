"""The report: the injected faults, counted by kind, and whether the run is clean."""

from __future__ import annotations

from chaos.audit import Findings
from chaos.drive import Course
from chaos.faults import Fault
from chaos.injector import InjectedFault
from chaos.report import Report


def report(findings: Findings, *faults: Fault, given_up: str | None = None) -> Report:
    injected = [InjectedFault(fault, settled=10) for fault in faults]
    return Report(7, {}, Course([], injected, 1.0, given_up), findings, 2.0)


def test_kills_and_outages_are_counted_by_kind() -> None:
    kill = Fault(1, "worker of the storer killed", after=5, draw=0.5)
    outages = [Fault(number, "storer throttled", after=6, draw=0.5, seconds=2.25) for number in (2, 3)]

    lines = list(report(Findings(), kill, *outages).lines())

    assert lines[0] == "chaos with seed 7: 0 messages, 1 kills, 2 outages"
    assert "       1  worker of the storer killed" in lines
    assert "       2  storer throttled, 4.5 s in all" in lines
    assert "       0  validator throttled, 0.0 s in all" in lines


def test_long_lists_are_cut_if_asked_for() -> None:
    found = report(Findings(violations=[f"number {number}" for number in range(25)]))

    assert "          number 24" in list(found.lines())
    cut = list(found.lines(20))
    assert cut[cut.index("          number 19") + 1] == "          …"


def test_a_run_is_clean_only_without_a_violation_and_if_it_ended_by_itself() -> None:
    assert report(Findings()).clean
    assert not report(Findings(violations=["one"])).clean
    assert not report(Findings(), given_up="nothing has changed").clean
    assert report(Findings(dead_by_faults=["one"], rejected_for_conflict=["two"])).clean
