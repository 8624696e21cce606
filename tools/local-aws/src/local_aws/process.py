"""One child process: started in a process group of its own, logged to a file, and killed with all its descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from local_aws.errors import PartFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_POLL_SECONDS = 0.02


class ChildProcess:
    """A part of the emulated AWS, or a command that it needs, with its log.

    It is a session leader, so that Ctrl-C at the terminal reaches this process alone, which then stops the children
    in the right order.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        """Describe the process; ``name`` is its name in errors, ``folder`` is its working folder."""
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id; raises RuntimeError if it was never started."""
        return self._started().pid

    def start(self) -> None:
        """Start it; its output is appended to its log."""
        with self.log.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the command is this package's own
                    self._command,
                    cwd=self._folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise PartFailedError(self.name, f"could not be started: {error}", self.log) from error

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until ``ready`` returns true; raises PartFailedError if the process ends or time runs out first."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise PartFailedError(self.name, f"was not ready after {seconds:.0f} s", self.log)
            time.sleep(_POLL_SECONDS)
        self.check()

    def wait_for_success(self, *, seconds: float) -> None:
        """Wait until it ends by itself; raises PartFailedError unless its exit status is 0."""
        try:
            status = self._started().wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise PartFailedError(self.name, f"had not finished after {seconds:.0f} s", self.log) from None
        finally:
            self.kill()
        if status != 0:
            raise PartFailedError(self.name, f"failed with {_described(status)}", self.log)

    def check(self) -> None:
        """Raise PartFailedError if the process was started and has ended."""
        status = self._process.poll() if self._process is not None else None
        if status is not None:
            raise PartFailedError(self.name, f"ended unexpectedly with {_described(status)}", self.log)

    def kill(self) -> None:
        """Kill the process and its whole group at once, like a crash; may be called again."""
        if self._process is not None:
            # While any process of the group lives, the kernel does not reuse the group's number.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def pause(self) -> None:
        """Stop the process until ``resume``; its children keep running."""
        self._started().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue it after ``pause``."""
        self._started().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start it again with the same command, environment and log."""
        self.kill()
        self.start()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


def _described(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
