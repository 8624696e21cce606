"""Hiding the messages that a command works on from others, for as long as the command runs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_cli.queue_reader import QueueReader

HIDDEN_SECONDS = 600
"""After this time, messages of a killed command are visible again."""

_RENEWED_EVERY = HIDDEN_SECONDS / 5
_RENEWED_BEFORE = HIDDEN_SECONDS / 2
_ENOUGH_SECONDS = 60.0
"""Enough to send, log and delete a batch, including retries."""


@contextmanager
def kept_hidden(reader: QueueReader) -> Iterator[None]:
    """Keep the received messages hidden inside the context; afterwards, those that were not deleted are visible."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(_RENEWED_EVERY):
            reader.hide(reader.lapsing(_RENEWED_BEFORE))

    thread = threading.Thread(target=renew, name="keeps messages hidden", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        reader.put_back()


def secure(reader: QueueReader, message_ids: Sequence[str]) -> dict[str, str]:
    """Make sure that nobody else receives messages while they are handled; return the problems by message id.

    SQS is called only if they were not renewed in time, for example after the machine slept.
    """
    lapsing = set(reader.lapsing(_ENOUGH_SECONDS))
    return reader.hide([message_id for message_id in message_ids if message_id in lapsing])
