"""Recognizing processes, and recording their memory."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import psutil
import pytest
from bench.processes import SAMPLES, MemoryWatch, clocked, memory_table, part_of

from bench import processes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("python /tmp/ministack-lambda-bench-durable-pipeline-storer-x1/_worker.py", "storer"),
        ("python /tmp/ministack-lambda-bench-durable-pipeline-queues-storer-x1/_worker.py", "queues-storer"),
        ("python -m local_aws.event_source --durable-port 1", "event source mapping"),
        ("python -m local_aws.dex_patch start-server", "durable service"),
        ("python -m ministack", "MiniStack"),
        ("python -P /tmp/ministack_patch.py", "MiniStack"),
        ("sam build", None),
    ],
)
def test_a_process_belongs_to_the_part_that_its_command_names(command: str, part: str | None) -> None:
    assert part_of(command) == part


@pytest.fixture
def storer() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that looks like a storer's, and computes until it is told to stop."""
    code = "import sys; print(sum(range(3_000_000)), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, "x-durable-pipeline-storer-y"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process


def test_a_process_that_starts_meanwhile_counts_from_its_start(request: pytest.FixtureRequest) -> None:
    spent: defaultdict[str, float] = defaultdict(float)

    with clocked(spent):
        started = request.getfixturevalue("storer")
        started.stdout.readline()

    assert spent["storer"] > 0


def test_what_a_process_has_computed_before_does_not_count(storer: subprocess.Popen[bytes]) -> None:
    assert storer.stdout
    storer.stdout.readline()
    before = sum(psutil.Process(storer.pid).cpu_times()[:2])
    spent: defaultdict[str, float] = defaultdict(float)

    with clocked(spent):
        pass

    assert spent["storer"] < before


def test_memory_is_sampled_at_the_beginning_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "resident_megabytes", lambda: {"storer": 40.0})
    watch = MemoryWatch(every_seconds=3_600.0)
    with watch.running():
        pass

    assert [sample["storer"] for sample in watch.samples] == [40.0, 40.0]


def test_each_second_sample_is_dropped_when_there_are_too_many() -> None:
    watch = MemoryWatch()

    for second in range(2 * SAMPLES):
        watch.add({"seconds": second})

    assert [sample["seconds"] for sample in watch.samples] == list(range(0, 2 * SAMPLES, 2))


def test_memory_is_compared_with_that_after_a_tenth_of_the_time() -> None:
    samples = [{"seconds": second, "storer": 40.0 + second} for second in range(20)]

    assert list(memory_table(samples))[-1] == "| storer | 42 | 59 |"


def test_a_part_that_is_not_there_at_both_times_is_left_out() -> None:
    samples = [{"seconds": 0, "loop": 1.0, "storer": 40.0}, {"seconds": 1, "storer": 40.0}]

    assert [row for row in memory_table(samples) if "loop" in row] == []
