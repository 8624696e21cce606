"""The released versions: a wheel each, in the folder that is their package index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[1] / "releases"


class Version(NamedTuple):
    """A version of the contracts; they sort as they follow each other."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.0.0`."""
        if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", text):
            raise ValueError(f"{text!r} is no version; expected three numbers, such as 1.0.0")
        return cls(*(int(part) for part in text.split(".")))

    def __str__(self) -> str:
        """Write `1.0.0`."""
        return ".".join(str(part) for part in self)


def wheels() -> dict[Version, Path]:
    """Find the wheel of each released version, the oldest first."""
    found = {Version.parse(path.name.split("-")[1]): path for path in FOLDER.glob("*.whl")}
    return dict(sorted(found.items()))
