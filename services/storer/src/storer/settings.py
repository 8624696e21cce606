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


_SWITCH = {"false": False, "true": True}


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment."""

    environment: str
    table: str
    stores_body: bool = False
    """Whether each item also includes the JSON text of its message, with numbers spelt as they were sent."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read `ENVIRONMENT`, `PROCESSED_DATA_TABLE` and, if it is set, `STORE_BODY`.

        Raises:
            KeyError: One of the first two is missing.
            ValueError: `PROCESSED_DATA_TABLE` is not a table name. DynamoDB would refuse each item for it, as it
                refuses one that can never be stored, and the record would be rejected for our mistake. Or
                `STORE_BODY` is neither `true` nor `false`, the default.
        """
        table = variables["PROCESSED_DATA_TABLE"]
        if not re.fullmatch(TABLE_NAME, table):
            raise ValueError(f"PROCESSED_DATA_TABLE must be the name of a table, not {table!r}")
        switch = variables.get("STORE_BODY", "false")
        if switch not in _SWITCH:
            raise ValueError(f"STORE_BODY must be true or false, not {switch!r}")
        return cls(environment=variables["ENVIRONMENT"], table=table, stores_body=_SWITCH[switch])
