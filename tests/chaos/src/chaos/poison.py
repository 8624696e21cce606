"""A copy of the repository whose transformer dies of some messages; the services themselves hold nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import SHORT_WAITS, changed_copy

if TYPE_CHECKING:
    from pathlib import Path

POISONS = ("poison-exit", "poison-memory", "poison-loop")
"""Processing types that end the process which handles them."""

_TRANSFORMATIONS = "services/transformer/src/transformer/transformations.py"
_TEMPLATE = "services/transformer/template.yaml"

_ADDED = '''

def poison_exit(_message: PipelineMessage) -> dict[str, JsonValue]:
    """End the process without a word."""
    import os

    os._exit(1)


def poison_memory(_message: PipelineMessage) -> dict[str, JsonValue]:
    """Take memory until there is none left, and be killed for it, as Lambda does."""
    import os
    import resource
    import signal
    from pathlib import Path

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 64 * 2**20, -1))
    taken = []
    try:
        while True:
            taken.append(bytearray(2**20))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def poison_loop(_message: PipelineMessage) -> dict[str, JsonValue]:
    """Go on past the timeout of the function."""
    import time

    while True:
        time.sleep(0.01)


TRANSFORMATIONS |= {"poison-exit": poison_exit, "poison-memory": poison_memory, "poison-loop": poison_loop}
'''


def poisoned_copy(folder: Path, *, timeout_seconds: int) -> Path:
    """Copy what is deployed, with poison, a timeout of the transformer, and short waits; give the root template."""
    changed_copy(folder, *SHORT_WAITS, (_TEMPLATE, "Timeout: 25\n", f"Timeout: {timeout_seconds}\n"))
    with (folder / _TRANSFORMATIONS).open("a", encoding="utf-8") as file:
        file.write(_ADDED)
    return folder / "infra" / "template.yaml"
