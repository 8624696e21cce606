"""Unregistered processing types, which are often misspelt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_LENGTH = 64
"""Characters of an unknown type that are compared and shown; it may have as many as a message."""

MAX_LOGGED = 10
"""Unknown types of one request that are logged. They are counted by the nearest registered type, whatever they are."""


@dataclass(frozen=True)
class UnknownType:
    """A processing type that is not registered."""

    name: str
    """Its first characters."""
    nearest: str | None
    """The registered type that it is probably meant to be."""

    @classmethod
    def of(cls, name: str, registered: Collection[str]) -> UnknownType:
        """Find the registered type that is nearest to this one: capitals, spaces and a few letters may differ."""
        name = name[:MAX_LENGTH]
        by_plain_name = {_plain(each): each for each in registered}
        close = get_close_matches(_plain(name), by_plain_name, n=1)
        return cls(name, by_plain_name[close[0]] if close else None)

    def __str__(self) -> str:
        """Describe it, and the type that is probably meant."""
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"the processing type {self.name!r} is not registered{hint}"


def most_frequent(unknown: Iterable[UnknownType]) -> list[tuple[UnknownType, int]]:
    """Return the logged types, each with the number of its records."""
    return Counter(unknown).most_common(MAX_LOGGED)


def by_nearest(unknown: Iterable[UnknownType]) -> Counter[str]:
    """Count the records by nearest registered type: as many names as there are types, and `none`."""
    return Counter(each.nearest or "none" for each in unknown)


def _plain(name: str) -> str:
    return name.strip().casefold()
