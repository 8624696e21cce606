"""Killing processes of the running emulated AWS."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from chaos.faults import FUNCTIONS, FaultKind

if TYPE_CHECKING:
    from pipeline_emulator.emulator import Emulator

    from chaos.faults import Fault


@dataclass(frozen=True)
class Strike:
    """A fault that has struck: the process that it killed, and how many messages were settled then."""

    fault: Fault
    pid: int
    settled: int


class Injector:
    """Strikes the parts of an emulated AWS."""

    def __init__(self, aws: Emulator) -> None:
        """Strike this one."""
        self._aws = aws
        self.strikes: list[Strike] = []

    def strike(self, fault: Fault, settled: int) -> bool:
        """Let a fault strike; False when there is no process yet that it could kill."""
        if fault.kind in FUNCTIONS:
            pid = self._kill_worker(FUNCTIONS[fault.kind], fault.draw)
        else:
            part = self._aws.durable_runner if fault.kind is FaultKind.DURABLE_SERVICE else self._aws.event_source
            pid = part.pid
            # What needs it tries again until it is up, so nobody waits for it here.
            part.restart()
        if pid is None:
            return False
        self.strikes.append(Strike(fault, pid, settled))
        return True

    def _kill_worker(self, function: str, draw: float) -> int | None:
        workers = self._workers(function)
        if not workers:
            return None
        worker = workers[int(draw * len(workers))]
        with suppress(psutil.NoSuchProcess):
            worker.kill()
            return worker.pid
        return None

    def _workers(self, function: str) -> list[psutil.Process]:
        """Find the processes that MiniStack started for a function, the oldest first."""
        found = []
        for process in psutil.Process(self._aws.ministack.pid).children(recursive=True):
            with suppress(psutil.Error):
                if process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "").endswith(f"-{function}"):
                    found.append(process)
        return sorted(found, key=lambda process: process.create_time())
