"""One message at a time, with or without running processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from bench.latency import PROFILES, kill_workers, measure, table

from bench import latency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.history import Tally


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Start a process with a word in its command line, and wait until it runs."""
    started = []

    def run(word: str) -> subprocess.Popen[bytes]:
        code = "import sys; print(flush=True); sys.stdin.read()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        started.append(process)
        assert process.stdout
        process.stdout.readline()
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_the_processes_of_functions_are_killed_and_no_others(start: Callable[[str], subprocess.Popen[bytes]]) -> None:
    functions = [start(f"x-durable-pipeline-{name}-y") for name in ("orchestrator", "storer")]
    others = [start(word) for word in ("local_aws.event_source", "x-durable-pipeline-loop-y")]

    kill_workers()

    assert [process.wait() for process in functions] == [-signal.SIGKILL] * 2
    assert [process.poll() for process in others] == [None, None]


def test_a_process_that_stays_is_an_error(
    start: Callable[[str], subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    start("x-durable-pipeline-storer-y")
    monkeypatch.setattr(latency, "DEATH_SECONDS", -1.0)
    monkeypatch.setattr(latency, "_is_alive", lambda _: True)

    with pytest.raises(RuntimeError, match="is still alive"):
        kill_workers()


class Pipeline:
    """Stores each message a second after the previous one, each in an execution of half a second."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sent: dict[str, float] = {}

    def send(self, variant: object, bodies: list[str]) -> dict[str, float]:
        self.calls.append("send")
        message = f"m{len(self.sent)}"
        self.sent[message] = 100.0
        return {message: 100.0}

    def wait_until_empty(self, variant: object) -> None:
        self.calls.append("wait")

    def add_histories(self, variant: object, tally: Tally) -> None:
        tally.stored |= {message: 101.0 + number for number, message in enumerate(self.sent)}
        tally.executions, tally.execution_seconds = len(self.sent), len(self.sent) / 2
        tally.orchestrator_invocations = 4 * len(self.sent)
        tally.service_invocations["storer"] = 3 * len(self.sent)


@pytest.mark.parametrize("cold", [False, True])
def test_each_message_is_alone_and_cold_ones_find_no_process(cold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline: Any = Pipeline()
    monkeypatch.setattr(latency, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(latency, "kill_workers", lambda: pipeline.calls.append("kill"))

    row = measure(pipeline, PROFILES[0], 3, cold=cold)

    assert pipeline.calls == [*(["kill"] if cold else []), "send", "wait"] * 3
    # Stored after one, two and three seconds.
    assert (row["median_seconds"], row["p99_seconds"]) == (2.0, 3.0)
    assert (row["execution_seconds"], row["orchestrator_invocations"], row["service_invocations"]) == (0.5, 4.0, 3.0)
    words = "cold" if cold else "warm"
    assert list(table({"measured": {"date": "", "machine": ""}, "size": 1, "rows": [row]}))[-1].endswith(
        f"| {words} | 3 | 2.00 s | 3.00 s | 0.50 s |"
    )
