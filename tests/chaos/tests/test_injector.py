"""Outages: started and ended as planned, leaving nothing behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from chaos import injector as module
from chaos.faults import EVENT_SOURCE, Fault, deliveries_hit
from chaos.injector import Injector

STORER, VALIDATOR = "test-storer", "test-validator"
KILL = Fault(1, EVENT_SOURCE, after=0, draw=0.5)


class FakeLambda:
    """Functions with an alias, throttled as on MiniStack, which considers only the latest version."""

    def __init__(self) -> None:
        self.versions = {STORER: "3", VALIDATOR: "1"}
        self.throttled: set[str] = set()
        self.latest_has_run = False

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        assert Name == "live"
        return {"FunctionVersion": self.versions[FunctionName]}

    def update_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str) -> None:  # noqa: N803
        self.versions[FunctionName] = FunctionVersion
        self.latest_has_run |= FunctionVersion == "$LATEST" and FunctionName not in self.throttled

    def put_function_concurrency(self, *, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        assert ReservedConcurrentExecutions == 0
        self.throttled.add(FunctionName)

    def delete_function_concurrency(self, *, FunctionName: str) -> None:  # noqa: N803
        self.latest_has_run |= self.versions[FunctionName] == "$LATEST"
        self.throttled.remove(FunctionName)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def client() -> FakeLambda:
    return FakeLambda()


@pytest.fixture
def injector(client: FakeLambda) -> Injector:
    functions = [SimpleNamespace(name=name) for name in client.versions]
    aws: Any = SimpleNamespace(
        endpoint=SimpleNamespace(lambda_=lambda: client), deployment=SimpleNamespace(functions=functions)
    )
    return Injector(aws)


def outage(seconds: float, kind: str = "storer throttled") -> Fault:
    return Fault(1, kind, after=0, draw=0.5, seconds=seconds)


def test_an_outage_throttles_its_service_until_its_time_is_over(
    injector: Injector, client: FakeLambda, clock: SimpleNamespace
) -> None:
    assert injector.inject(outage(3), settled=7)
    clock.now += 2.9
    injector.end_outages()

    assert client.throttled == {STORER}
    assert client.versions == {STORER: "$LATEST", VALIDATOR: "1"}
    assert injector.outages

    clock.now += 0.1
    injector.end_outages()

    assert client.throttled == set()
    assert client.versions == {STORER: "3", VALIDATOR: "1"}
    assert not injector.outages
    assert not client.latest_has_run
    assert [one.settled for one in injector.injected] == [7]


def test_a_second_outage_of_a_service_prolongs_the_first_and_never_shortens_it(
    injector: Injector, client: FakeLambda, clock: SimpleNamespace
) -> None:
    injector.inject(outage(4), settled=0)
    clock.now += 1
    injector.inject(outage(6), settled=0)
    injector.inject(outage(1), settled=0)
    clock.now += 5.9
    injector.end_outages()
    assert client.throttled == {STORER}

    clock.now += 0.1
    injector.end_outages()

    assert client.throttled == set()
    assert client.versions[STORER] == "3"


def test_outages_of_two_services_end_each_in_its_own_time(
    injector: Injector, client: FakeLambda, clock: SimpleNamespace
) -> None:
    injector.inject(outage(2), settled=0)
    injector.inject(outage(5, "validator throttled"), settled=0)
    clock.now += 3
    injector.end_outages()

    assert client.throttled == {VALIDATOR}


def test_one_outage_is_no_reason_for_a_dead_letter() -> None:
    assert deliveries_hit([outage(8)]) < 3
    assert deliveries_hit([outage(8), outage(2), KILL]) == 5
