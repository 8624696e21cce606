"""How long a failed message waits before SQS delivers it again.

The queue's own visibility timeout outlasts a whole execution, a quarter of an hour that few messages need to wait.
"""

from __future__ import annotations

OWN_FAULT_SECONDS = (10, 20, 40, 80, 160, 300)
"""After the first delivery, the second, and so on, for a message that failed while others got through."""

OUTAGE_SECONDS = (60, 300, 840, 900)
"""The same for all other messages. With five deliveries, the default, the last one comes 35 minutes after the first,
so that half an hour without a service, the table or a permission leaves no dead letter."""


def redelivery_seconds(receive_count: int, *, own_fault: bool) -> int:
    """Say how long a message stays invisible after so many deliveries."""
    waits = OWN_FAULT_SECONDS if own_fault else OUTAGE_SECONDS
    return waits[min(receive_count, len(waits)) - 1]
