from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from local_aws.errors import PartFailedError
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEPS = "import os, time; print(os.getpid()); time.sleep(60)"
IGNORES_SIGTERM_AND_HAS_A_CHILD = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def python(tmp_path: Path) -> Iterator[Callable[[str], ChildProcess]]:
    processes: list[ChildProcess] = []

    def start(code: str) -> ChildProcess:
        command, log = [sys.executable, "-u", "-c", code], tmp_path / "part.log"
        processes.append(ChildProcess("the part", command, environment=dict(os.environ), folder=tmp_path, log=log))
        processes[-1].start()
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


def printed_pid(process: ChildProcess) -> psutil.Process:
    process.wait_until(lambda: process.log.read_text().endswith("\n"), seconds=5)
    return psutil.Process(int(process.log.read_text().split()[-1]))


def has_ended(process: psutil.Process) -> bool:
    psutil.wait_procs([process], timeout=5)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_part_that_does_not_start_is_named_with_its_log_and_the_end_of_it(
    python: Callable[[str], ChildProcess], tmp_path: Path
) -> None:
    process = python("import sys; print('port is taken'); sys.exit(3)")

    with pytest.raises(PartFailedError) as failure:
        process.wait_until(lambda: False, seconds=5)

    log = tmp_path / "part.log"
    assert str(failure.value) == (
        f"the part ended unexpectedly with exit status 3. Its log is {log}\n    port is taken"
    )


def test_a_part_that_never_gets_ready_is_named(python: Callable[[str], ChildProcess]) -> None:
    with pytest.raises(PartFailedError, match="the part was not ready after 0 s"):
        python(SLEEPS).wait_until(lambda: False, seconds=0.2)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = ChildProcess("the part", ["/nowhere/program"], environment={}, folder=tmp_path, log=tmp_path / "part.log")

    with pytest.raises(PartFailedError, match=r"the part could not be started: .*/nowhere/program"):
        process.start()


def test_a_part_that_dies_later_is_noticed(python: Callable[[str], ChildProcess]) -> None:
    process = python(SLEEPS)
    process.check()

    os.kill(process.pid, 9)

    with pytest.raises(PartFailedError, match="the part ended unexpectedly with signal SIGKILL"):
        process.wait_until(lambda: False, seconds=5)


def test_killing_ends_also_what_a_part_has_started(python: Callable[[str], ChildProcess]) -> None:
    process = python(IGNORES_SIGTERM_AND_HAS_A_CHILD)
    grandchild = printed_pid(process)

    process.kill()

    assert not psutil.pid_exists(process.pid)
    assert has_ended(grandchild)


def test_a_command_that_fails_is_named_and_one_that_succeeds_is_not(python: Callable[[str], ChildProcess]) -> None:
    python("print('fine')").wait_for_success(seconds=5)

    with pytest.raises(PartFailedError, match=r"failed with exit status 1[\s\S]*no template"):
        python("raise SystemExit('no template')").wait_for_success(seconds=5)


def test_a_command_that_takes_too_long_is_stopped_with_what_it_has_started(
    python: Callable[[str], ChildProcess],
) -> None:
    process = python(IGNORES_SIGTERM_AND_HAS_A_CHILD)
    grandchild = printed_pid(process)

    with pytest.raises(PartFailedError, match="had not finished after 0 s"):
        process.wait_for_success(seconds=0.1)

    assert not psutil.pid_exists(process.pid)
    assert has_ended(grandchild)


def test_a_part_can_be_restarted(python: Callable[[str], ChildProcess]) -> None:
    process = python(SLEEPS)
    first = printed_pid(process)

    process.restart()

    process.wait_until(lambda: str(process.pid) in process.log.read_text(), seconds=5)
    assert process.pid != first.pid
    assert has_ended(first)


def test_a_paused_part_does_nothing_until_it_is_resumed(python: Callable[[str], ChildProcess], tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    process = python(f"import pathlib, time\nwhile True: pathlib.Path({str(beats)!r}).touch(); time.sleep(0.01)")
    process.wait_until(beats.exists, seconds=5)

    process.pause()
    while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    beats.unlink(missing_ok=True)
    time.sleep(0.1)
    assert not beats.exists()

    process.resume()
    process.wait_until(beats.exists, seconds=5)
