"""CHANGELOG.md: a heading for each release, newest first, below one for unreleased changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts_check.releases import CONTRACTS

if TYPE_CHECKING:
    from datetime import date

    from packaging.version import Version

PATH = CONTRACTS / "CHANGELOG.md"
UNRELEASED = "Unreleased"


def entry(text: str, version: Version | None) -> str:
    """Return the entry of a version, or of the unreleased changes; empty if there is none."""
    title = re.escape(str(version or UNRELEASED))
    found = re.search(rf"(?ms)^## {title}(?: - [0-9-]+)?\n(.*?)(?=^## |\Z)", text)
    return found[1].strip() if found else ""


def release(text: str, version: Version, day: date) -> str:
    """Move the unreleased changes under the heading of a version."""
    said = entry(text, None) or "No change of the models."
    text = re.sub(rf"(?ms)^## {UNRELEASED}\n.*?(?=^## |\Z)", "", text)
    introduction, *older = re.split(r"(?m)^(?=## )", text, maxsplit=1)
    return f"{introduction}## {version} - {day}\n\n{said}\n\n{''.join(older)}"
