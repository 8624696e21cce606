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

    def describe(code: str) -> ChildProcess:
        processes.append(
            ChildProcess(
                "the part",
                [sys.executable, "-u", "-c", code],
                environment=dict(os.environ),
                folder=tmp_path,
                log=tmp_path / "part.log",
            )
        )
        return processes[-1]

    yield describe
    for process in processes:
        process.stop(grace_seconds=0)


def test_a_part_that_does_not_start_is_named_with_its_log_and_the_end_of_it(
    python: Callable[[str], ChildProcess], tmp_path: Path
) -> None:
    process = python("import sys; print('port is taken'); sys.exit(3)")
    process.start()

    with pytest.raises(PartFailedError) as failure:
        process.wait_until(lambda: False, seconds=5)

    message = str(failure.value)
    assert message.startswith("the part ended unexpectedly with exit status 3")
    assert str(tmp_path / "part.log") in message
    assert "port is taken" in message


def test_a_part_that_never_gets_ready_is_named(python: Callable[[str], ChildProcess]) -> None:
    process = python("import time; time.sleep(60)")
    process.start()

    with pytest.raises(PartFailedError, match="the part was not ready after 0 s"):
        process.wait_until(lambda: False, seconds=0.2)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = ChildProcess("the part", ["/nowhere/program"], environment={}, folder=tmp_path, log=tmp_path / "part.log")

    with pytest.raises(PartFailedError, match=r"the part could not be started: .*/nowhere/program"):
        process.start()


def test_a_part_that_dies_later_is_noticed(python: Callable[[str], ChildProcess]) -> None:
    process = python("import time; time.sleep(60)")
    process.start()
    process.check()

    os.kill(process.pid, 9)
    while process.running:
        time.sleep(0.01)

    with pytest.raises(PartFailedError, match="the part ended unexpectedly with signal SIGKILL"):
        process.check()


def test_stopping_ends_also_what_ignores_the_request_and_what_it_started(
    python: Callable[[str], ChildProcess],
) -> None:
    process = python(IGNORES_SIGTERM_AND_HAS_A_CHILD)
    process.start()
    process.wait_until(lambda: bool(process.log.read_text().strip()), seconds=5)
    grandchild = psutil.Process(int(process.log.read_text()))

    process.stop(grace_seconds=0.2)

    assert not process.running
    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_a_command_that_fails_is_named_and_one_that_succeeds_is_not(python: Callable[[str], ChildProcess]) -> None:
    good, bad = python("print('fine')"), python("raise SystemExit('no template')")
    good.start()
    good.wait_for_success(seconds=5)

    bad.start()
    with pytest.raises(PartFailedError, match=r"failed with exit status 1[\s\S]*no template"):
        bad.wait_for_success(seconds=5)


def test_a_command_that_takes_too_long_is_stopped(python: Callable[[str], ChildProcess]) -> None:
    process = python("import time; time.sleep(60)")
    process.start()

    with pytest.raises(PartFailedError, match="had not finished after 0 s"):
        process.wait_for_success(seconds=0.1)

    assert not process.running


def test_a_part_can_be_restarted(python: Callable[[str], ChildProcess]) -> None:
    process = python("import os, time; print(os.getpid()); time.sleep(60)")
    process.start()
    first = process.pid

    process.restart()

    assert process.running
    assert process.pid != first
    process.wait_until(lambda: str(process.pid) in process.log.read_text(), seconds=5)


def test_a_paused_part_does_nothing_until_it_is_resumed(python: Callable[[str], ChildProcess], tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    process = python(f"import pathlib, time\nwhile True: pathlib.Path({str(beats)!r}).touch(); time.sleep(0.01)")
    process.start()
    process.wait_until(beats.exists, seconds=5)

    process.pause()
    while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    beats.unlink(missing_ok=True)
    time.sleep(0.1)
    assert not beats.exists()

    process.resume()
    process.wait_until(beats.exists, seconds=5)
