"""The goals, and whether the figures meet them."""

from __future__ import annotations

from typing import Any

from bench.comparison import goals, steady


def variant(**figures: Any) -> dict[str, Any]:
    return {
        "messages": 1_000,
        "body_bytes": 1_000_000,
        "messages_per_second": 100.0,
        "operations": 60,
        "orchestrator_invocations": 100,
        "service_invocations": {"storer": 50},
        "state_bytes": {"store request": 2_000_000, "store response": 3_000_000},
        **figures,
    }


def said(ours: dict[str, Any], loop: dict[str, Any]) -> list[str]:
    variants = {"ours": ours, steady("ours"): ours, "loop": loop, steady("loop"): loop}
    return list(goals({"variants": variants}))


def test_goals_that_are_just_met() -> None:
    slow = variant(messages_per_second=2.0)

    assert said(variant(), slow) == [
        "met      throughput with a backlog, times the loop's: 50, goal ≥ 50",
        "met      throughput a batch at a time, times the loop's: 50, goal ≥ 50",
        "met      operations a message: 0.06, goal ≤ 0.06",
        "met      invocations a message: 0.15, goal ≤ 0.15",
        "met      bytes of state written, times the message's size: 5, goal ≤ 5",
    ]


def test_goals_that_are_just_missed() -> None:
    slow = variant(messages_per_second=2.012)
    ours = variant(operations=61, orchestrator_invocations=101, body_bytes=999_000)

    assert [line.partition("  ")[0] for line in said(ours, slow)] == ["NOT MET"] * 5
