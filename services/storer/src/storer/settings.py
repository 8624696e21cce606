"""The environment of the function, read once and checked at start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

CONCURRENT_WRITES = 16
"""Concurrent writes of one invocation, and connections kept open for them."""

ANSWER_SECONDS = 2
"""Time of the invocation that is reserved for its response: records not written by then are reported as failed."""

TABLE_NAME = r"[a-zA-Z0-9_.-]{3,255}"
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment."""

    environment: str
    table: str

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read `ENVIRONMENT` and `PROCESSED_DATA_TABLE`; a missing one raises a KeyError with its name.

        Raises:
            ValueError: `PROCESSED_DATA_TABLE` is not a table name. DynamoDB would refuse each item for it, as it
                refuses one that can never be stored, and the record would be rejected for our mistake.
        """
        table = variables["PROCESSED_DATA_TABLE"]
        if not re.fullmatch(TABLE_NAME, table):
            raise ValueError(f"PROCESSED_DATA_TABLE must be the name of a table, not {table!r}")
        return cls(environment=variables["ENVIRONMENT"], table=table)
