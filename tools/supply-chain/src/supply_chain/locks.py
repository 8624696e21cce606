"""The services' locks, without what this repository makes itself: no register of packages knows that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OWN = "durable-pipeline-"


def third_party(lock: Path) -> str:
    """Give the pins of a lock, with their hashes, that come from elsewhere."""
    pins = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "".join(pin for pin in pins if not pin.startswith(OWN))
