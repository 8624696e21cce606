"""Nothing is left when ./nox, its terminal or the run's own process ends, for whatever reason."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from commands import PATIENCE, command, run_folders, until
from conftest import toy_repository
from local_aws.testing.toy_application import free_address
from local_aws.testing.toy_application import until as wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).parents[3]
NOXFILE = """
import os
import nox

@nox.session(venv_backend="none")
def local(session):
    words = ("-m", "pipeline_demo", "local", "--port", os.environ["TEST_PORT"])
    session.run(os.environ["TEST_PYTHON"], *words, external=True)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the toy, and with the real ./nox."""
    folder = toy_repository(tmp_path)
    for name in ("nox", "pyproject.toml"):
        shutil.copy2(REPOSITORY / name, folder)
    (folder / "noxfile.py").write_text(NOXFILE)
    (folder / ".nox").mkdir()
    (folder / ".nox" / "launcher").symlink_to(REPOSITORY / ".nox" / "launcher")
    return folder


@pytest.fixture
def start(clone: Path) -> Iterator[Callable[..., Nox]]:
    """Yield a function that runs ./nox up to a certain moment; remains of a failed test are killed."""
    started: list[Nox] = []

    def run(moment: Callable[[Path], bool], *, has_terminal: bool = False) -> Nox:
        started.append(Nox(clone, has_terminal=has_terminal))
        started[-1].wait_until(moment)
        return started[-1]

    yield run
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(clone):
                process.kill()
    for nox in started:
        nox.process.wait()


class Nox:
    """``./nox -s local``, as run by a shell in a terminal, or without a terminal."""

    def __init__(self, clone: Path, *, has_terminal: bool) -> None:
        self.clone = clone
        self.started: list[psutil.Process] = []
        self.terminal: int | None = None
        inner = subprocess.DEVNULL
        if has_terminal:
            self.terminal, inner = pty.openpty()
        # The launcher's own Python is the one that it was made for.
        path = os.pathsep.join([str(REPOSITORY / ".nox" / "launcher" / "bin"), os.environ["PATH"]])
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WITH_A_TERMINAL if has_terminal else _WITHOUT, str(clone / "nox"), "-s", "local"],
            env={**os.environ, "PATH": path, "TEST_PYTHON": sys.executable, "TEST_PORT": str(free_address())},
            cwd=clone,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        self._closing = threading.Event()
        if has_terminal:
            os.close(inner)
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()

    def _read(self) -> None:
        """Read the output, as a terminal does: a process blocks when its terminal is full."""
        assert self.terminal is not None
        while not self._closing.is_set():
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    os.read(self.terminal, 65_536)
                except OSError:  # all writers have ended
                    return

    def wait_until(self, moment: Callable[[Path], bool]) -> None:
        """Wait for the moment, and remember all processes that nox has started until then."""
        until(lambda: moment(self.clone), self.process)
        nox = psutil.Process(self.process.pid)
        self.started = [nox, *nox.children(recursive=True)]

    def close_the_terminal(self) -> None:
        assert self.terminal is not None
        self._closing.set()
        self._reader.join()
        os.close(self.terminal)

    def assert_nothing_is_left(self) -> None:
        """Wait for nox and its descendants to end, and check that none of their files are left."""
        self.process.wait(timeout=PATIENCE)
        _, alive = psutil.wait_procs(self.started, timeout=PATIENCE)
        assert [process.cmdline() for process in alive] == []
        wait_until(lambda: not [path for path in self.clone.glob(".emulator/runs/*/*") if path.name not in _KEPT])
        assert not (self.clone / ".emulator" / "env").exists()


_KEPT = ("alive", "logs")
_WITHOUT = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
_WITH_A_TERMINAL = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {_WITHOUT}"


def is_up(clone: Path) -> bool:
    return (clone / ".emulator" / "env").exists()


def is_building(clone: Path) -> bool:
    return any((folder / "logs" / "sam-build.log").exists() for folder in run_folders(clone))


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGTERM, is_up), (signal.SIGKILL, is_up), (signal.SIGKILL, is_building), (signal.SIGHUP, is_building)],
)
def test_nothing_is_left_when_nox_is_ended(
    start: Callable[..., Nox], number: signal.Signals, moment: Callable[[Path], bool]
) -> None:
    nox = start(moment)

    nox.process.send_signal(number)

    nox.assert_nothing_is_left()


def test_nothing_is_left_when_the_terminal_is_closed(start: Callable[..., Nox]) -> None:
    nox = start(is_up, has_terminal=True)

    nox.close_the_terminal()

    nox.assert_nothing_is_left()


def test_nothing_is_left_when_the_process_of_the_run_is_killed(start: Callable[..., Nox]) -> None:
    nox = start(is_up)
    (run,) = [process for process in nox.started if "pipeline_demo" in process.cmdline()]

    run.kill()

    nox.assert_nothing_is_left()


def test_a_run_ends_whose_nox_has_ended_before_it_looks(repository: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    started = time.monotonic()

    run = command(repository, "local", LOCAL_AWS_ENDS_WITH=str(ended.pid))
    run.communicate(timeout=PATIENCE)

    assert run.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - started < 20
    assert not is_up(repository)
