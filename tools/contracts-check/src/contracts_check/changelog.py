"""CHANGELOG.md: a heading for each release, the newest first, and above them one for what is not released yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts_check.releases import CONTRACTS, Version

if TYPE_CHECKING:
    from datetime import date

PATH = CONTRACTS / "CHANGELOG.md"

UNRELEASED = "Unreleased"


def entry(text: str, version: Version | None) -> str:
    """Give what is said of a version, or of what is not released yet; empty if nothing is."""
    title = re.escape(str(version or UNRELEASED))
    found = re.search(rf"(?ms)^## {title}(?: - [0-9-]+)?\n(.*?)(?=^## |\Z)", text)
    return found[1].strip() if found else ""


def release(text: str, version: Version, day: date) -> str:
    """Put what is not released yet under the heading of a version."""
    said = entry(text, None) or "No change of the models."
    text = re.sub(rf"(?ms)^## {UNRELEASED}\n.*?(?=^## |\Z)", "", text)
    start = position.start() if (position := re.search(r"(?m)^## ", text)) else len(text)
    return f"{text[:start]}## {version} - {day}\n\n{said}\n\n{text[start:]}"
