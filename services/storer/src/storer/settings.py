"""The environment of the function, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

CONCURRENT_WRITES = 16
"""Writes under way at once in one invocation, and connections kept open for them."""


@dataclass(frozen=True)
class Settings:
    """What the deployment sets."""

    environment: str
    table: str

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read `ENVIRONMENT` and `PROCESSED_DATA_TABLE`; one that is not set is a KeyError that names it."""
        return cls(environment=variables["ENVIRONMENT"], table=variables["PROCESSED_DATA_TABLE"])
