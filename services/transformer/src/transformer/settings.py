"""The environment of the function, read once and checked at start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_REJECTS = {"accept": False, "reject": True}


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment."""

    environment: str
    rejects_unknown_types: bool
    """Whether a record whose processing type is not registered is rejected; otherwise it is transformed as standard."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read `ENVIRONMENT` and `UNKNOWN_PROCESSING_TYPE`, which is `accept` (default) or `reject`.

        Raises:
            KeyError: `ENVIRONMENT` is missing.
            ValueError: `UNKNOWN_PROCESSING_TYPE` is something else.
        """
        wish = variables.get("UNKNOWN_PROCESSING_TYPE", "accept")
        if wish not in _REJECTS:
            raise ValueError(f"UNKNOWN_PROCESSING_TYPE must be {' or '.join(_REJECTS)}, not {wish!r}")
        return cls(environment=variables["ENVIRONMENT"], rejects_unknown_types=_REJECTS[wish])
