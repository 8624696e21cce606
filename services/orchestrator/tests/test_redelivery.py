"""How long a failed message waits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from orchestrator.redelivery import redelivery_seconds

DELIVERIES = 5
"""`MaxReceiveCount` by default, which infra/tests holds against the template."""


def test_half_an_hour_of_outage_leaves_no_dead_letter() -> None:
    """The last delivery comes more than half an hour after the first, and what takes time in between adds to that."""
    waits = [redelivery_seconds(delivery, own_fault=False) for delivery in range(1, DELIVERIES)]

    assert sum(waits) >= 2_100
    assert max(waits) <= 900
    assert waits[0] <= 60


def test_a_message_that_fails_by_its_own_fault_is_given_up_in_minutes() -> None:
    assert sum(redelivery_seconds(delivery, own_fault=True) for delivery in range(1, DELIVERIES)) <= 180


@pytest.mark.parametrize("own_fault", [True, False])
def test_waits_grow_and_do_not_end(own_fault: bool) -> None:
    waits = [redelivery_seconds(delivery, own_fault=own_fault) for delivery in range(1, 1_001)]

    assert all(earlier <= later for earlier, later in pairwise(waits))
    assert waits[-1] <= 900
