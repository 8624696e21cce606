"""The goals, and whether the figures meet them."""

from __future__ import annotations

from typing import Any

import pytest

from bench import goals

SPEED: dict[str, Any] = {
    "messages": 1_000,
    "body_bytes": 1_000_000,
    "messages_per_second": 100.0,
    "processor_seconds": {"orchestrator": 0.5, "storer": 1.0, "MiniStack": 9.0},
    "operations": 60,
    "orchestrator_invocations": 100,
    "service_invocations": {"storer": 50},
    "state_bytes": {"store request": 2_000_000, "store response": 3_000_000},
}
DOLLARS = {
    "floor": 1.0,
    "ours": 1.25,
    "ours, event counted": 1.5,
    "ours, event counted, with logs": 1.75,
    "plain-100": 1.25 / 1.2,
}


@pytest.fixture
def dollars(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    found = dict(DOLLARS)
    monkeypatch.setattr(goals, "bills", lambda _: {name: {"sqs": one} for name, one in found.items()})
    return found


def said(ours: dict[str, Any], *, loop: float, size: int = 100) -> list[str]:
    variants = {"ours": ours, "loop": SPEED | {"messages_per_second": loop}}
    return list(goals.goals([{"size": size, "variants": variants}]))


def test_goals_that_are_just_met(dollars: dict[str, float]) -> None:
    assert said(SPEED, loop=4.0) == [
        "met      throughput with a backlog, times the loop's: 25, goal ≥ 25",
        "met      processor time of orchestrator and storer, ms: 1.5, goal ≤ 1.5",
        "met      operations per message: 0.06, goal ≤ 0.06",
        "met      invocations per message: 0.15, goal ≤ 0.15",
        "met      bytes of state written, times the message's size: 5, goal ≤ 5",
        "met      dollars at 100 bytes, times the floor: 1.25, goal ≤ 1.25"
        " (1.5 event counted, 1.75 event counted, with logs)",
        "met      dollars at 100 bytes, times those of plain-100: 1.2, goal ≤ 1.2",
    ]


def test_goals_that_are_just_missed(dollars: dict[str, float]) -> None:
    dollars["ours"] = 1.26
    ours = SPEED | {
        "operations": 61,
        "orchestrator_invocations": 101,
        "body_bytes": 999_000,
        "processor_seconds": {"orchestrator": 0.6, "storer": 1.0},
    }

    assert [line.partition("  ")[0] for line in said(ours, loop=4.01)] == ["NOT MET"] * 7


@pytest.mark.parametrize(("size", "bound"), [(100, "1.25"), (1_024, "1.3")])
def test_the_bound_of_the_cost_depends_on_the_size(size: int, bound: str, dollars: dict[str, float]) -> None:
    (line,) = (one for one in said(SPEED, loop=1.0, size=size) if "times the floor" in one)

    assert f"goal ≤ {bound} " in line


def test_the_costs_of_each_file_are_compared_and_the_speed_of_the_first(dollars: dict[str, float]) -> None:
    variants = {"ours": SPEED, "loop": SPEED}

    found = list(goals.goals([{"size": 1_024, "variants": variants}, {"size": 100, "variants": {}}]))

    assert len([line for line in found if "throughput" in line]) == 1
    assert next(line for line in found if "times those of plain" in line).startswith("met      dollars at 100 bytes")
