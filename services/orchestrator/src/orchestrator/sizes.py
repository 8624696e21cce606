"""The bytes of a record, in the largest request or response and in the table, before any stage has run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pipeline_contracts.base import ascii_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.stage import Stage

FRAME_BYTES = 96
"""Bytes of a request or response, without its entries."""

ENTRY_BYTES = 160
"""Bytes of one entry's keys and punctuation, a timestamp and a digest, without the names of contributions."""

MAX_ERRORS_BYTES = 2_048
"""Bytes of one entry that has errors instead of an output: the validator's bound, and more than the error of
a record that `errors.short` has shortened."""

VALUE_BYTES = 9
"""Bytes that DynamoDB's JSON adds to a value: `1` becomes `{"N":"1"}`, and `true` becomes `{"BOOL":true}`."""

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')


def entry_bytes(
    identity: str, message_id: str, data: str, attributes: Mapping[str, str], stages: Sequence[Stage]
) -> int:
    """Bound a record's entry in any request or response, unless an output has more bytes than is reserved for it.

    The largest entry has the data and the outputs of all stages, one of which has the identity in it.
    """
    # The orchestrator writes the data as it is; a service's runtime may escape what is not ASCII in its response.
    sent = sum(len(json.dumps(part, ensure_ascii=False).encode()) for part in (data, attributes) if part)
    outputs = sum(stage.reserved_bytes for stage in stages)
    identities = 2 * ascii_bytes(identity) + ascii_bytes(message_id)
    return max(sent + outputs, MAX_ERRORS_BYTES) + identities + overhead_bytes(stages)


def unreserved_bytes(stages: Sequence[Stage]) -> int:
    """Return how much larger than `entry_bytes` the outputs of all stages may make an entry."""
    return sum(stage.output_bytes - stage.reserved_bytes for stage in stages)


def overhead_bytes(stages: Sequence[Stage]) -> int:
    """Bound the bytes of one entry beside the data, the ids and the outputs."""
    return ENTRY_BYTES + sum(len(f'"{stage.name}": , ') for stage in stages)


def item_json_bytes(data: str, attributes: Mapping[str, str]) -> int:
    """Estimate the data in DynamoDB's JSON, which is six times as large for an array of small numbers."""
    outside_strings = _STRING.sub("", data)
    values = 1 + outside_strings.count(",") + outside_strings.count("[") + outside_strings.count("{")
    texts = sum(len(name.encode()) + len(text.encode()) + VALUE_BYTES for name, text in attributes.items())
    return len(data.encode()) + VALUE_BYTES * values + texts
