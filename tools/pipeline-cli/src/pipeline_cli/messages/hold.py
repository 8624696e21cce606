"""Keeping the messages that a command works on hidden from others, for as long as the command lives."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_cli.queue_reader import QueueReader

HIDDEN_SECONDS = 600
"""Messages of a command that was killed are visible again after this time."""

_RENEWED_EVERY = HIDDEN_SECONDS / 5
_RENEWED_BEFORE = HIDDEN_SECONDS / 2
_ENOUGH_SECONDS = 60.0
"""A batch is sent, logged and deleted in less, retries included."""


@contextmanager
def kept_hidden(reader: QueueReader) -> Iterator[None]:
    """Keep what the reader has received hidden inside the context; afterwards what was not deleted is visible."""
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
    """Make sure that nobody else gets messages while they are handled; the problems by message id.

    It calls SQS only if they were not renewed in time, such as after the machine slept.
    """
    lapsing = set(reader.lapsing(_ENOUGH_SECONDS))
    return reader.hide([message_id for message_id in message_ids if message_id in lapsing])
