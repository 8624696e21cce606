"""How long a failed message waits before it is redelivered.

The queue's own visibility timeout is longer than a whole execution, which few messages need to wait.
"""

from __future__ import annotations

OWN_FAULT_SECONDS = (10, 20, 40, 80, 160, 300)
"""Waits after the first delivery, the second, and so on, for a message that failed where others succeeded."""

OUTAGE_SECONDS = (60, 300, 840, 900)
"""Waits for all other messages. With five deliveries, the default, the last one is 35 minutes after the first, so that
an outage of half an hour leaves no dead letters."""


def redelivery_seconds(receive_count: int, *, own_fault: bool) -> int:
    """Return how long a message stays invisible after this delivery."""
    waits = OWN_FAULT_SECONDS if own_fault else OUTAGE_SECONDS
    return waits[min(receive_count, len(waits)) - 1]
