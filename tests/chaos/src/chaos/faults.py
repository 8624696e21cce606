"""The planned kills and outages: from a seed, and tied to the flow of messages rather than to the clock."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable

# The share of messages settled before the last fault; the rest shows that the pipeline recovers.
_UNTIL = 0.95


ORCHESTRATOR = "orchestrator"
DURABLE_SERVICE = "durable service killed and restarted"
EVENT_SOURCE = "event source mapping killed and restarted"

WORKERS = {f"worker of the {service} killed": service for service in (ORCHESTRATOR, *SERVICES)}
OUTAGES = {f"{service} throttled": service for service in SERVICES}
"""The services by the kind of fault: their processes are killed with SIGKILL, or Lambda throttles them for a while.

MiniStack is never killed: it holds the table and the queues in memory, so the audit would have nothing left to
examine. On AWS, these outlive any process.
"""

OUTAGE_SECONDS = (2.0, 8.0)
"""From within the retries of an execution to beyond them."""

DELIVERIES_OF_AN_OUTAGE = 2
"""The deliveries of one message that an outage can end: the third starts 3 + 15 s after the first."""

# Killing the durable service or the mapping affects every message in flight, killing a worker only its own.
_WEIGHTS = dict.fromkeys(WORKERS, 20) | {DURABLE_SERVICE: 8, EVENT_SOURCE: 8} | dict.fromkeys(OUTAGES, 4)

KINDS = tuple(_WEIGHTS)


@dataclass(frozen=True)
class Fault:
    """One fault, injected when that many messages are settled; ``draw``, from 0 to 1, selects the worker.

    An outage lasts ``seconds``.
    """

    number: int
    kind: str
    after: int
    draw: float
    seconds: float = 0.0


def plan_faults(count: int, messages: int, seed: int) -> list[Fault]:
    """Plan a number of faults among a number of messages; the same arguments give the same plan."""
    random = Random(f"faults {seed}")  # noqa: S311 - a plan is no secret
    # Each kind once before random ones, as far as there are enough.
    kinds = list(_WEIGHTS)[::-1][:count]
    kinds += random.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=count - len(kinds))
    random.shuffle(kinds)
    points = sorted(random.randrange(max(1, int(messages * _UNTIL))) for _ in range(count))
    return [
        Fault(number, kind, after, random.random(), random.uniform(*OUTAGE_SECONDS) if kind in OUTAGES else 0.0)
        for number, (kind, after) in enumerate(zip(kinds, points, strict=True), start=1)
    ]


def deliveries_hit(faults: Iterable[Fault]) -> int:
    """Return the maximum number of deliveries of one message that faults can have ended, if all of them hit it."""
    return sum(DELIVERIES_OF_AN_OUTAGE if fault.kind in OUTAGES else 1 for fault in faults)
