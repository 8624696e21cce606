"""Reading the handlers' logs."""

from __future__ import annotations

import pytest
from bench.handler_log import EVENT_BYTES, tally


def test_times_and_messages_are_read_and_other_events_are_billed() -> None:
    found = tally(
        [
            "START RequestId: ü\n",
            "bench: stored at 12.500000 a b\n",
            "bench: 0.250000 s, 0.125000 s computing\n",
            "bench: 0.500000 s, 0.250000 s computing\n",
        ]
    )

    assert found.invocations == 2
    assert found.handler_seconds == pytest.approx(0.75)
    assert found.computing_seconds == pytest.approx(0.375)
    assert found.stored == {"a": 12.5, "b": 12.5}
    assert found.billed_bytes == len("START RequestId: ü\n".encode()) + EVENT_BYTES
