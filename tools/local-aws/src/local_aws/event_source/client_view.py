"""Event source mappings as AWS describes them to clients, with the traces of emulation removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_aws.event_source.mapping import ENABLED_AT_FIRST, UNPOLLED
from local_aws.event_source.switch import DISABLED, ENABLED, state_file, state_in

if TYPE_CHECKING:
    from pathlib import Path

# The body of a response of Lambda, of which only a few keys are known here.
Body = dict[str, Any]

_ON_THE_WAY = {ENABLED: "Enabling", DISABLED: "Disabling"}


def as_on_aws(answer: bytes, run: Path) -> bytes:
    """Return MiniStack's description of one mapping, or of several, as AWS gives it; ``run`` is the run's folder."""
    body: Body = json.loads(answer)
    for mapping in _mappings(body):
        if mapping["EventSourceArn"].endswith(UNPOLLED):
            _restore(mapping, run)
    return json.dumps(body).encode()


def has_mappings(answer: bytes) -> bool:
    """Return whether a response describes any mapping."""
    return bool(_mappings(json.loads(answer)))


def _mappings(body: Body) -> list[Body]:
    mappings: list[Body] = body.get("EventSourceMappings", [body])
    return mappings


def _restore(mapping: Body, run: Path) -> None:
    mapping["EventSourceArn"] = mapping["EventSourceArn"].removesuffix(UNPOLLED)
    mapping.pop(ENABLED_AT_FIRST, None)
    wanted = mapping["State"]
    if state_in(state_file(run, mapping["UUID"])) not in (wanted, None):
        mapping["State"] = _ON_THE_WAY.get(wanted, wanted)
