"""A copy of the repository whose transformer dies of some messages; the services themselves hold nothing of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

POISONS = ("poison-exit", "poison-memory", "poison-loop")
"""Processing types that end the process which handles them."""

_COPIED = (
    "contracts",
    "services",
    "infra/template.yaml",
    "infra/shared",
    "infra/monitoring",
    "infra/build_service.py",
    "pyproject.toml",
)
_TRANSFORMATIONS = "services/transformer/src/transformer/transformations.py"
_SERVICES = ("validator", "transformer", "storer")

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


def poisoned_copy(repository: Path, folder: Path, *, timeout_seconds: int) -> Path:
    """Copy what is deployed into the folder, with poison and the services' timeout set; give the root template."""
    for name in _COPIED:
        source, target = repository / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*", "tests"))
        else:
            shutil.copyfile(source, target)
    with (folder / _TRANSFORMATIONS).open("a", encoding="utf-8") as file:
        file.write(_ADDED)
    for service in _SERVICES:
        template = folder / "services" / service / "template.yaml"
        text = template.read_text(encoding="utf-8")
        if text.count("Timeout: 45\n") != 1:
            raise ValueError(f"{template} has no line `Timeout: 45`")
        template.write_text(text.replace("Timeout: 45\n", f"Timeout: {timeout_seconds}\n"), encoding="utf-8")
    return folder / "infra" / "template.yaml"
