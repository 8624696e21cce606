"""Killing processes of the running emulated AWS, and throttling its functions."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from chaos.faults import DURABLE_SERVICE, OUTAGES, WORKERS

if TYPE_CHECKING:
    from local_aws.emulator import Emulator

    from chaos.faults import Fault

_ALIAS, _LATEST = "live", "$LATEST"


@dataclass(frozen=True)
class InjectedFault:
    """An injected fault, and the number of messages settled at that time."""

    fault: Fault
    settled: int


@dataclass
class Outage:
    """A function that Lambda throttles for some time, and the version that its alias had before."""

    until: float
    version: str


class Injector:
    """Injects faults into the parts of an emulated AWS."""

    def __init__(self, aws: Emulator) -> None:
        """Inject into this one."""
        self._aws = aws
        self._lambda = aws.endpoint.lambda_()
        self.outages: dict[str, Outage] = {}
        """The current outages, by the name of the function."""
        self.injected: list[InjectedFault] = []

    def inject(self, fault: Fault, settled: int) -> bool:
        """Inject a fault; False if there is no process yet to kill."""
        if fault.kind in OUTAGES:
            self._throttle(OUTAGES[fault.kind], fault.seconds)
        elif fault.kind in WORKERS:
            if not self._kill_worker(WORKERS[fault.kind], fault.draw):
                return False
        else:
            part = self._aws.durable_runner if fault.kind == DURABLE_SERVICE else self._aws.event_source
            # Clients retry until it is up, so nobody waits for it here.
            part.restart()
        self.injected.append(InjectedFault(fault, settled))
        return True

    def end_outages(self) -> None:
        """End the outages whose time is over; their functions run again, on their previous versions."""
        for name, outage in list(self.outages.items()):
            if time.monotonic() >= outage.until:
                self._lambda.update_alias(FunctionName=name, Name=_ALIAS, FunctionVersion=outage.version)
                self._lambda.delete_function_concurrency(FunctionName=name)
                del self.outages[name]

    def _throttle(self, service: str, seconds: float) -> None:
        """Start an outage, in which an invoke by the alias gets TooManyRequestsException, or extend the current one.

        MiniStack applies a function's reserved concurrency only to unqualified invokes, where AWS shares it among all
        versions. So the alias points to the latest version meanwhile, which is throttled and runs nothing.
        """
        until = time.monotonic() + seconds
        names = [function.name for function in self._aws.deployment.functions]
        name = next(name for name in names if name.endswith(f"-{service}"))
        if outage := self.outages.get(name):
            outage.until = max(until, outage.until)
            return
        version = self._lambda.get_alias(FunctionName=name, Name=_ALIAS)["FunctionVersion"]
        self._lambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        self._lambda.update_alias(FunctionName=name, Name=_ALIAS, FunctionVersion=_LATEST)
        self.outages[name] = Outage(until, version)

    def _kill_worker(self, function: str, draw: float) -> bool:
        if workers := self._workers(function):
            with suppress(psutil.NoSuchProcess):
                workers[int(draw * len(workers))].kill()
                return True
        return False

    def _workers(self, function: str) -> list[psutil.Process]:
        """Find the processes that MiniStack started for a function, oldest first."""
        found = []
        for process in psutil.Process(self._aws.ministack.pid).children(recursive=True):
            with suppress(psutil.Error):
                if process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "").endswith(f"-{function}"):
                    found.append(process)
        return sorted(found, key=psutil.Process.create_time)
