"""Killing processes of the running emulated AWS, and throttling its functions."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from chaos.faults import DURABLE_SERVICE, OUTAGES, WORKERS
from chaos.outage import Outage

if TYPE_CHECKING:
    from local_aws.emulator import Emulator

    from chaos.faults import Fault


@dataclass(frozen=True)
class InjectedFault:
    """A fault that was injected, and how many messages were settled then."""

    fault: Fault
    settled: int


class Injector:
    """Injects faults into the parts of an emulated AWS."""

    def __init__(self, aws: Emulator) -> None:
        """Inject into this one."""
        self._aws = aws
        self._outages: dict[str, tuple[Outage, float]] = {}
        self.injected: list[InjectedFault] = []

    @property
    def outage(self) -> bool:
        """Whether a service is throttled now."""
        return bool(self._outages)

    def inject(self, fault: Fault, settled: int) -> bool:
        """Inject a fault; False when there is no process yet that it could kill."""
        if fault.kind in OUTAGES:
            self._throttle(OUTAGES[fault.kind], fault.seconds)
        elif fault.kind in WORKERS:
            if not self._kill_worker(WORKERS[fault.kind], fault.draw):
                return False
        else:
            part = self._aws.durable_runner if fault.kind == DURABLE_SERVICE else self._aws.event_source
            # What needs it tries again until it is up, so nobody waits for it here.
            part.restart()
        self.injected.append(InjectedFault(fault, settled))
        return True

    def end_outages(self) -> None:
        """End those whose time is over."""
        for service, (outage, end) in list(self._outages.items()):
            if time.monotonic() >= end:
                outage.end()
                del self._outages[service]

    def _throttle(self, service: str, seconds: float) -> None:
        """Begin an outage, or prolong the one that there is."""
        end = time.monotonic() + seconds
        if service in self._outages:
            outage, earlier = self._outages[service]
            self._outages[service] = (outage, max(end, earlier))
        else:
            names = [function.name for function in self._aws.deployment.functions]
            name = next(name for name in names if name.endswith(f"-{service}"))
            self._outages[service] = (Outage.begin(self._aws.endpoint.lambda_(), name), end)

    def _kill_worker(self, function: str, draw: float) -> bool:
        workers = self._workers(function)
        if not workers:
            return False
        worker = workers[int(draw * len(workers))]
        with suppress(psutil.NoSuchProcess):
            worker.kill()
            return True
        return False

    def _workers(self, function: str) -> list[psutil.Process]:
        """Find the processes that MiniStack started for a function, the oldest first."""
        found = []
        for process in psutil.Process(self._aws.ministack.pid).children(recursive=True):
            with suppress(psutil.Error):
                if process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "").endswith(f"-{function}"):
                    found.append(process)
        return sorted(found, key=lambda process: process.create_time())
