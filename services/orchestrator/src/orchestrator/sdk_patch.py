"""Two patches of the durable SDK 3.0.0, to be removed once the SDK has them.

It hangs on an operation of more than 750 KB. The SDK sends checkpoints in batches of at most that. An operation that
does not fit behind another one is put aside for the next batch; there it is measured again, against an empty batch, and
put aside again: it is never sent, and the invocation waits for it until its timeout. The start of a chained invoke with
1 MiB of payload is such an operation. An operation of any size is sent in a batch of its own when it comes
straight from the main queue. This does the same for one that was put aside.

It takes up to 0.1 s to end an invocation, which is billed: the thread that sends checkpoints looks ten times a second
whether it is to stop. This wakes the thread.
"""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.state import ExecutionState, _Signal

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python.state import _BatchAccumulator


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


def patch() -> None:
    """Put the patched methods in place."""
    ExecutionState._drain_overflow = _drain_overflow  # type: ignore[method-assign]
    ExecutionState.stop_checkpointing = _stop_checkpointing  # type: ignore[method-assign]
