"""Two patches of the durable SDK, to be removed once the SDK has them; docs/upstream/ has the reports.

- ``durable-sdk-large-checkpoint.md``: without the patch, an invocation hangs until its timeout when two operations are
  sent together and the second has more than 750 KB, such as the start of a chained invoke with 1 MiB of payload.
- ``durable-sdk-slow-stop.md``: without the patch, an invocation ends up to 0.1 s late, which is billed.
"""

from __future__ import annotations

import logging
import queue
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python import __version__
from aws_durable_execution_sdk_python.state import ExecutionState, _Signal

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python.state import _BatchAccumulator

_log = logging.getLogger(__name__)


def _drain_overflow(self: ExecutionState, batch: _BatchAccumulator) -> None:
    try:
        while not batch.is_full():
            operation = self._overflow_queue.get_nowait()
            size = self._calculate_operation_size(operation)
            if not batch.is_empty() and not batch.fits(size):
                self._overflow_queue.put(operation)
                break
            batch.add(operation, size)
    except queue.Empty:
        pass


_signal_stop = ExecutionState.stop_checkpointing


def _stop_checkpointing(self: ExecutionState) -> None:
    _signal_stop(self)
    self._checkpoint_queue.put(_Signal.REFRESH_WAKE)


_PATCHES = {
    "_drain_overflow": (_drain_overflow, ("3.0.0",)),
    "stop_checkpointing": (_stop_checkpointing, ("3.0.0",)),
}
"""The methods of ``ExecutionState`` to replace, each with its replacement and the affected versions of the SDK."""


def patch(version: str = __version__) -> None:
    """Replace the methods that have the faults in that version of the SDK.

    A version that a patch does not name may have other internals: it runs without the patch, and a warning is logged.
    """
    for method, (replacement, versions) in _PATCHES.items():
        if version in versions:
            setattr(ExecutionState, method, replacement)
        else:
            known = ", ".join(versions)
            _log.warning("durable SDK %s runs without the patch of %s, which is for %s", version, method, known)
