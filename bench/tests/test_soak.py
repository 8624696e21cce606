"""Whether latency drifts, and how that is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench import soak

if TYPE_CHECKING:
    from bench.history import Tally


def parts(*p99: float) -> list[dict[str, float]]:
    return [
        {"minutes": 5 * number, "messages": 1, "median_seconds": 1.0, "p99_seconds": seconds}
        for number, seconds in enumerate(p99, start=1)
    ]


@pytest.mark.parametrize(
    ("p99", "words"),
    [
        ((2, 2, 2, 2.5), "does not drift"),
        ((2, 2, 2.5, 2.5), "does not drift"),
        ((2, 2, 2.51, 2.51), "drifts"),
        ((2, 9, 2, 2, 2, 2), "does not drift"),
        ((2, 2, 2, 2, 9, 2), "does not drift"),
        ((2, 2, 2), "no verdict"),
    ],
)
def test_a_p99_drifts_if_the_second_half_is_a_quarter_above_the_first(p99: tuple[float, ...], words: str) -> None:
    assert f" {words}: " in soak.verdict(parts(*p99))


def test_a_message_belongs_to_the_part_in_which_it_was_sent() -> None:
    sent = {"a": 100.0, "b": 159.0, "c": 160.0}
    stored = {"a": 101.0, "b": 162.0, "c": 160.5}

    found = list(soak.divided(sent, stored, 100.0, 60.0))

    assert [(part["minutes"], part["messages"]) for part in found] == [(1, 2), (2, 1)]
    assert [part["p99_seconds"] for part in found] == [3.0, 0.5]


class Clock:
    """A clock that advances when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Pipeline:
    """Takes half a second for each call, and stores each message two seconds after it was sent."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: dict[str, float] = {}

    def send(self, variant: object, bodies: list[str]) -> dict[str, float]:
        sent = {f"m{len(self.sent) + index}": self.clock.now for index in range(len(bodies))}
        self.sent |= sent
        self.clock.now += 0.5
        return sent

    def wait_until_empty(self, variant: object) -> None:
        self.clock.now += 60

    def add_histories(self, variant: object, tally: Tally) -> None:
        tally.stored |= {message: at + 2 for message, at in self.sent.items()}


def test_the_rate_is_kept_although_sending_takes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    pipeline: Any = Pipeline(clock)
    monkeypatch.setattr(soak, "time", clock)

    found = list(soak.measure(pipeline, 10, 6.0, 3.0))

    # Ten messages a call, and a call a second.
    assert sorted(set(pipeline.sent.values())) == [1_000 + second for second in range(6)]
    assert [(part["messages"], part["median_seconds"]) for part in found] == [(30, 2.0), (30, 2.0)]
