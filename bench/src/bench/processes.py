"""The processes of the emulated AWS, by what they are: their processor time, and their memory over time."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
from pipeline_testing.stages import SERVICES

from bench.variants import PLAIN, PREFIX

if TYPE_CHECKING:
    from collections import defaultdict
    from collections.abc import Iterator, Mapping

FUNCTIONS = ("orchestrator", *SERVICES, "loop", "map", *dict.fromkeys(step for one in PLAIN for step in one.steps))
PARTS = {
    "event source mapping": ("local_aws.event_source",),
    **{name: (f"{PREFIX}{name}-",) for name in FUNCTIONS},
    "durable service": ("dex_patch",),
    "MiniStack": ("-m ministack", "ministack_patch.py"),
}
"""What the command line of a part's processes has, one of these."""


def part_of(command: str) -> str | None:
    """Name the part that a command line belongs to."""
    return next((part for part, found in PARTS.items() if any(words in command for words in found)), None)


def parts() -> dict[psutil.Process, str]:
    """Return the processes that this one has started, with the part of each."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if part := part_of(" ".join(child.cmdline())):
                found[child] = part
    return found


def workers_of(functions: Mapping[str, str]) -> list[psutil.Process]:
    """Return the processes of functions, which are given by what the figures call them."""
    return [process for process, part in parts().items() if part in functions]


def _processor_seconds() -> dict[psutil.Process, tuple[str, float]]:
    found = {}
    for process, part in parts().items():
        with suppress(psutil.NoSuchProcess):
            found[process] = part, sum(process.cpu_times()[:2])
    return found


@contextmanager
def clocked(into: defaultdict[str, float]) -> Iterator[None]:
    """Add the processor time of each part meanwhile, with that of processes that start meanwhile."""
    before = _processor_seconds()
    yield
    for process, (part, seconds) in _processor_seconds().items():
        into[part] += seconds - before.get(process, (part, 0.0))[1]
