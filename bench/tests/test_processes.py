"""Which process is which, and what is kept of its memory."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import psutil
import pytest
from bench.processes import clocked, part_of

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
    """A process that looks like a storer's, and computes until it is told to end."""
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
