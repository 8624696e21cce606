"""A process that cleans up after a run whose own process was killed.

A killed process cannot stop its children. The guard only waits for the end of its input, a pipe that the run's process
holds open while it lives: the kernel closes it however that process ends, on every platform.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_END_SECONDS = 10.0
_DISMISSED = b"dismissed"
# It imports nothing while it waits, so that it costs almost nothing.
_CODE = """
import sys
if not sys.stdin.buffer.read():
    from pathlib import Path
    from local_aws.run_folder import clear
    clear(Path(sys.argv[1]))
"""


class Guard:
    """The guard of a run, in a session of its own, so that signals to the run do not reach it."""

    def __init__(self, folder: Path) -> None:
        """Start it for the folder of a run."""
        self._process = subprocess.Popen(  # noqa: S603 - the command is this package's own
            [sys.executable, "-P", "-c", _CODE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def dismiss(self) -> None:
        """Dismiss it: the run has cleaned up."""
        with suppress(BrokenPipeError, subprocess.TimeoutExpired):
            self._process.communicate(_DISMISSED, timeout=_END_SECONDS)
        self._process.kill()
        self._process.wait()
