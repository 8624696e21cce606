"""The processes of the emulated AWS by part: their processor time, and their memory over time."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
from pipeline_testing.stages import SERVICES

from bench.variants import PLAIN, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FUNCTIONS = ("orchestrator", *SERVICES, "loop", "map", *dict.fromkeys(step for one in PLAIN for step in one.steps))
PARTS = {
    "event source mapping": ("local_aws.event_source",),
    **{name: (f"{PREFIX}{name}-",) for name in FUNCTIONS},
    "durable service": ("dex_patch",),
    "MiniStack": ("-m ministack", "ministack_patch.py"),
}
"""The command line of a part's processes contains one of these."""
Sample = dict[str, float]
"""The ``seconds`` since the start, and the megabytes of each part by its name."""
SAMPLES = 60
"""Kept per run; when there are twice as many, every second one is dropped."""


def part_of(command: str) -> str | None:
    """Name the part that a command line belongs to."""
    return next((part for part, found in PARTS.items() if any(words in command for words in found)), None)


def parts() -> dict[psutil.Process, str]:
    """Return the child processes of this one, with the part of each."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if part := part_of(" ".join(child.cmdline())):
                found[child] = part
    return found


def workers_of(functions: Mapping[str, str]) -> list[psutil.Process]:
    """Return the processes of functions, given by their names in the figures."""
    return [process for process, part in parts().items() if part in functions]


def _processor_seconds() -> dict[psutil.Process, tuple[str, float]]:
    found = {}
    for process, part in parts().items():
        with suppress(psutil.NoSuchProcess):
            found[process] = part, sum(process.cpu_times()[:2])
    return found


@contextmanager
def clocked(into: defaultdict[str, float]) -> Iterator[None]:
    """Add the processor time of each part during the context, including processes that start in it."""
    before = _processor_seconds()
    yield
    for process, (part, seconds) in _processor_seconds().items():
        into[part] += seconds - before.get(process, (part, 0.0))[1]


class MemoryWatch:
    """Samples the resident memory of each part in a thread, in megabytes, at regular intervals."""

    def __init__(self, every_seconds: float = 1.0) -> None:
        """Take a sample at this interval, which grows with time."""
        self._every = every_seconds
        self._began = time.monotonic()
        self._stopping = threading.Event()
        self.samples: list[Sample] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Take samples during the context, the first immediately and the last at the end."""
        self._sample()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()
            self._sample()

    def add(self, sample: Sample) -> None:
        """Keep a sample, and drop every second one if there are too many."""
        self.samples.append(sample)
        if len(self.samples) >= 2 * SAMPLES:
            del self.samples[1::2]
            self._every *= 2

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self._sample()

    def _sample(self) -> None:
        self.add({"seconds": round(time.monotonic() - self._began, 1), **resident_megabytes()})


def resident_megabytes() -> dict[str, float]:
    """Add up the resident memory of each part's processes."""
    found: defaultdict[str, float] = defaultdict(float)
    for process, part in parts().items():
        with suppress(psutil.NoSuchProcess):
            found[part] += process.memory_info().rss / 1e6
    return {part: round(megabytes, 1) for part, megabytes in sorted(found.items())}


def memory_table(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield a Markdown table of each part's memory after a tenth of the time and at the end."""
    early, late = samples[len(samples) // 10], samples[-1]
    yield "| resident memory, MB | after a tenth of the time | at the end |"
    yield "|---|---:|---:|"
    for name in sorted(early.keys() & late.keys() - {"seconds"}):
        yield f"| {name} | {early[name]:.0f} | {late[name]:.0f} |"
