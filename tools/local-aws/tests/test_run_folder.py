from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psutil
from local_aws.run_folder import RunFolder, processes_of
from local_aws.testing.toy_application import until

if TYPE_CHECKING:
    from pathlib import Path

STARTS_A_RUN = """
import os, signal, subprocess, sys, time
from pathlib import Path
from local_aws.environment import RUN_MARK
from local_aws.run_folder import RunFolder

run = RunFolder.create(Path(sys.argv[1]), print)
if sys.argv[2] == "unguarded":
    os.kill(run.guard.pid, signal.SIGKILL)
with run.published("export AWS_REGION=nowhere"):
    run.log("part").write_text("the last words")
    (run.path / "tmp" / "large").write_bytes(b"x" * 1000)
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    subprocess.Popen(
        [sys.executable, "-c", code + "; print('up', flush=True); time.sleep(60)"],
        env={**os.environ, RUN_MARK: run.id},
        start_new_session=True,
    )
    print(run.id, flush=True)
    time.sleep(60)
"""


def start_run(repository: Path, *, guarded: bool = True) -> tuple[subprocess.Popen[str], str]:
    words = [str(repository), "guarded" if guarded else "unguarded"]
    run = subprocess.Popen([sys.executable, "-c", STARTS_A_RUN, *words], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    printed = {run.stdout.readline().strip(), run.stdout.readline().strip()}
    identity = (printed - {"up"}).pop()
    until(lambda: len(processes_of(identity)) == 2)
    return run, identity


def end(run: subprocess.Popen[str]) -> None:
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert run.stdout is not None
    run.stdout.close()


def test_a_run_leaves_nothing_but_logs_after_a_failure_and_nothing_at_all_after_a_success(tmp_path: Path) -> None:
    good = RunFolder.create(tmp_path, print)
    bad = RunFolder.create(tmp_path, print)
    for run in (good, bad):
        run.log("part").write_text("words")
        (run.path / "tmp" / "large").write_text("x")

    guards = [run.guard.pid for run in (good, bad)]
    assert all(map(psutil.pid_exists, guards))
    good.close(keep_logs=False)
    bad.close(keep_logs=True)

    assert not any(map(psutil.pid_exists, guards))
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(
        [".emulator/lock", f".emulator/runs/{bad.id}/alive", f".emulator/runs/{bad.id}/logs/part.log"]
    )


def test_a_run_that_is_killed_leaves_nothing_but_its_logs(tmp_path: Path) -> None:
    killed, identity = start_run(tmp_path)
    assert (tmp_path / ".emulator" / "env").exists()

    end(killed)

    left = tmp_path / ".emulator" / "runs" / identity
    until(lambda: not (left / "tmp").exists())
    assert processes_of(identity) == []
    assert (left / "logs" / "part.log").read_text() == "the last words"
    assert not (tmp_path / ".emulator" / "env").exists()


def test_the_variables_of_another_run_are_left_alone(tmp_path: Path) -> None:
    first, second = RunFolder.create(tmp_path, print), RunFolder.create(tmp_path, print)
    with ExitStack() as of_second:
        with first.published("export RUN=first"):
            of_second.enter_context(second.published("export RUN=second"))
        first.close(keep_logs=False)

        assert "export RUN=second" in (tmp_path / ".emulator" / "env").read_text()
    assert not (tmp_path / ".emulator" / "env").exists()
    second.close(keep_logs=False)


def test_the_next_run_cleans_up_after_one_that_was_killed_with_its_guard(tmp_path: Path) -> None:
    killed, identity = start_run(tmp_path, guarded=False)
    end(killed)
    said: list[str] = []

    run = RunFolder.create(tmp_path, said.append)
    try:
        assert processes_of(identity) == []
        left = tmp_path / ".emulator" / "runs" / identity
        assert (left / "logs" / "part.log").read_text() == "the last words"
        assert not (left / "tmp").exists()
        assert not (tmp_path / ".emulator" / "env").exists()
        assert len(said) == 1
        assert f"run {identity} was killed: stopped 2 processes" in said[0]
    finally:
        run.close(keep_logs=False)


def test_a_run_that_is_alive_is_left_alone(tmp_path: Path) -> None:
    alive, identity = start_run(tmp_path)
    try:
        said: list[str] = []
        RunFolder.create(tmp_path, said.append).close(keep_logs=False)

        assert said == []
        assert len(processes_of(identity)) == 2
        assert (tmp_path / ".emulator" / "runs" / identity / "tmp" / "large").exists()
    finally:
        end(alive)
        until(lambda: not processes_of(identity))


def test_only_the_logs_of_the_last_failures_are_kept(tmp_path: Path) -> None:
    for _ in range(8):
        RunFolder.create(tmp_path, print).close(keep_logs=True)

    RunFolder.create(tmp_path, print).close(keep_logs=False)

    assert len(list((tmp_path / ".emulator" / "runs").iterdir())) <= 5
