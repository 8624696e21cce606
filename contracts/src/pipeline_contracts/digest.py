"""A digest of JSON values: two documents can be compared without keeping either."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from pipeline_contracts.body import EXACT, MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

VERSION = "1"
"""Version of the canonical form. Digests of different versions cannot be compared."""

PATTERN = r"^[0-9]{1,3}:[A-Za-z0-9_-]{43}$"
"""The version, and SHA-256 in base64."""

# A body has no lone surrogate, so text that begins with one cannot be a string of the body.
_NUMBER = "\ud800"


def digest(body: Mapping[str, Any]) -> str:
    """Digest what `parse_body` read: equal for two bodies if, and only if, their values are.

    Numbers count by value: 1.0 and 1.00 are equal. The order of keys does not count.
    """
    hashed = hashlib.sha256(canonical(body).encode()).digest()
    return f"{VERSION}:{base64.urlsafe_b64encode(hashed).decode().rstrip('=')}"


def comparable(one: object, other: str) -> bool:
    """Tell whether `one` is a digest of the same version as `other`."""
    if not isinstance(one, str) or not re.fullmatch(PATTERN, one):
        return False
    return one.partition(":")[0] == other.partition(":")[0]


def canonical(body: Mapping[str, Any]) -> str:
    """Write a body in its canonical form, equal for equal bodies, in about as many characters as were sent."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), default=_number, check_circular=False)


def _number(value: Decimal) -> int | str:
    """Write a Decimal as an integer if another body can have the same value as an integer."""
    if value == value.to_integral_value() and value.adjusted() < MAX_DIGITS:
        return int(value)
    return f"{_NUMBER}{value.normalize(EXACT)}"
