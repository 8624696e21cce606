"""The arithmetic of one message's latency, compared with a case computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from bench.latency_on_aws import Latency, table

from bench import latency_on_aws

ROW: dict[str, Any] = {
    "profile": "default",
    "window_seconds": 1,
    "cold": False,
    "orchestrator_invocations": 4.0,
    "service_invocations": 3.0,
}
COLD_START = {"services": [{"service": "orchestrator", "handler": 500.0}, {"service": "storer", "handler": 250.0}]}


@pytest.fixture(autouse=True)
def _times(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"POLL": 0.5, "INVOKE": 0.125, "HANDLER": 0.375, "ENVIRONMENT": 2.0}
    for name, seconds in times.items():
        monkeypatch.setattr(latency_on_aws, f"{name}_SECONDS", seconds)


def test_a_warm_message_waits_for_poll_and_window_and_passes_all_invocations() -> None:
    # 0.5 s, 1 s, and seven times half a second.
    assert Latency.of(ROW, COLD_START).warm == pytest.approx(0.5 + 1 + 7 * 0.5)


def test_a_cold_message_also_waits_for_each_function_to_start() -> None:
    # Two environments of 2 s, and imports of 0.5 and 0.25 s.
    assert Latency.of(ROW, COLD_START).cold == pytest.approx(5 + 2 * 2 + 0.75)


def test_each_set_of_parameters_has_one_row() -> None:
    rows = list(table({"rows": [ROW, ROW | {"cold": True}]}, COLD_START))

    assert rows[-1] == "| default | 0.50 s | 1 s | 7 | 3.50 s | **5.00 s** | 4.75 s | **9.75 s** |"
    assert len([row for row in rows if row.startswith("| default")]) == 1
