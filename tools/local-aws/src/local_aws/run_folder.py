"""The folder that a run writes to, and the remains of killed runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from local_aws import address
from local_aws.environment import RUN_MARK
from local_aws.errors import EmulatorError
from local_aws.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEPT_LOGS = 5
_KILL_SECONDS = 5.0
_KILL_ATTEMPTS = 5


class RunFolder:
    """``.emulator/runs/<id>``: all files of one run, except ``.emulator/env``.

    The run holds a lock on a file in it for as long as it lives. The kernel drops the lock however the run ends, so
    a folder whose lock is free belongs to a run that is over. If the run's process is killed, its guard cleans up; if
    the guard is killed as well, the next run does.
    """

    def __init__(self, path: Path, lock: IO[str]) -> None:
        """Take over a folder whose lock this process holds; called by ``create``."""
        self.path = path
        self.id = path.name
        self.logs = path / "logs"
        self.guard = Guard(path)
        self._lock = lock
        self._address: IO[str] | None = None

    @classmethod
    def create(cls, repository: Path, say: Callable[[str], None]) -> RunFolder:
        """Make the folder of a new run, after removing the remains of killed runs, which ``say`` reports."""
        runs = repository / ".emulator" / "runs"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            (runs.parent / "lock").touch()
        except OSError as error:
            raise EmulatorError(
                f"{runs} cannot be written: {error.strerror}; a run keeps its files there, so the checkout has to be "
                f"writable"
            ) from error
        with _exclusively(runs):
            folders = sorted(runs.iterdir())
            for folder in folders:
                killed = _clear_if_over(folder, keep_logs=folder in folders[-_KEPT_LOGS:])
                if killed is not None:
                    say(f"run {folder.name} was killed: stopped {killed} processes that it left, cleared its folder")
            path = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=runs))
            lock = _try_lock(path)
        if lock is None:
            raise RuntimeError(f"{path} is new and cannot be locked")
        for name in ("logs", "tmp"):
            (path / name).mkdir()
        return cls(path, lock)

    def claim_address(self, port: int) -> None:
        """Claim the address, which one run per folder can have; raises EmulatorError if it or its ports are taken."""
        self._address = address.claim(self.path.parents[1], port)
        address.check_ports(port)

    def log(self, part: str) -> Path:
        """Return the path of the log of a part."""
        return self.logs / f"{part}.log"

    @contextmanager
    def published(self, variables: str) -> Iterator[None]:
        """Keep lines for a shell in ``.emulator/env`` inside the context, unless another run takes the file over."""
        _variables_file(self.path).write_text(f"{_first_line(self.path)}{variables}\n", encoding="utf-8")
        try:
            yield
        finally:
            _withdraw(self.path)

    def close(self, *, keep_logs: bool) -> None:
        """Kill the remaining processes of the run, and remove the folder, or everything in it but the logs."""
        _clear(self.path, keep_logs=keep_logs)
        if self._address:
            self._address.close()
        self._lock.close()
        self.guard.dismiss()


def published_run(repository: Path) -> Path | None:
    """Find the folder of the run whose lines for a shell are in ``.emulator/env``; None if it is over."""
    runs = (repository / ".emulator" / "runs").glob("*")
    return next((run for run in runs if _is_published(run) and _lives(run)), None)


def processes_of(run: str) -> list[psutil.Process]:
    """Find the processes that a run started, directly or indirectly, other than this one."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(RUN_MARK) == run:
                found.append(process)
    return found


def clear(folder: Path) -> None:
    """Remove the remains of a killed run; nothing is done if it has cleaned up, or is alive."""
    if folder.exists():
        with _exclusively(folder.parent):
            _clear_if_over(folder, keep_logs=True)


def _clear_if_over(folder: Path, *, keep_logs: bool) -> int | None:
    """Clear the folder of a run that is over; return how many processes it had left, None if nothing was left."""
    lock = _try_lock(folder)
    if lock is None:
        return None
    with lock:
        was_killed = (folder / "tmp").exists()
        killed = _clear(folder, keep_logs=keep_logs)
    return killed if killed or was_killed else None


def _clear(folder: Path, *, keep_logs: bool) -> int:
    _withdraw(folder)
    killed = _kill_all(folder.name)
    for entry in folder.iterdir():
        if entry.name in {"logs", "alive"}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if not keep_logs:
        shutil.rmtree(folder, ignore_errors=True)
    return killed


def _kill_all(run: str) -> int:
    """Kill the processes of a run, including those that they start meanwhile; return how many there were."""
    killed = 0
    for _ in range(_KILL_ATTEMPTS):
        processes = processes_of(run)
        if not processes:
            break
        killed += len(processes)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=_KILL_SECONDS)
    return killed


def _variables_file(folder: Path) -> Path:
    return folder.parents[1] / "env"


def _first_line(folder: Path) -> str:
    return f"# For a shell, while the run {folder.name} lasts.\n"


def _withdraw(folder: Path) -> None:
    with suppress(FileNotFoundError):
        if _is_published(folder):
            _variables_file(folder).unlink()


def _is_published(folder: Path) -> bool:
    file = _variables_file(folder)
    return file.exists() and file.read_text(encoding="utf-8").startswith(_first_line(folder))


def _lives(folder: Path) -> bool:
    lock = _try_lock(folder)
    if lock is None:
        return True
    lock.close()
    return False


def _try_lock(folder: Path) -> IO[str] | None:
    file = (folder / "alive").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


@contextmanager
def _exclusively(runs: Path) -> Iterator[None]:
    with (runs.parent / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
