"""Downloads of recorded executions.

    python tests/downloads.py FILE

writes the download of one that covers everything: the tests of the tools have no executions of their own.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from variables import VARIABLES

if TYPE_CHECKING:
    from recorder import Recording

EVERYTHING = "two chunks that meet everything"


@cache
def recording(batch: str) -> Recording:
    os.environ |= VARIABLES
    from recorder import BATCHES, record  # the handler reads its variables when it is imported

    return record(*BATCHES[batch])


def downloaded(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Events": json.loads(json.dumps(events, default=str))}


def document(batch: str) -> dict[str, Any]:
    """Return the download of an execution."""
    return downloaded(recording(batch).events)


def position(held: dict[str, Any], event_type: str, name: str | None = None) -> int:
    return next(
        place
        for place, event in enumerate(held["Events"])
        if event["EventType"] == event_type and name in (None, event.get("Name"))
    )


def details(held: dict[str, Any], event_type: str) -> dict[str, Any]:
    """Return the details of the first event of a type, to be changed."""
    found: dict[str, Any] = held["Events"][position(held, event_type)][f"{event_type}Details"]
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(EVERYTHING)), encoding="utf-8")
