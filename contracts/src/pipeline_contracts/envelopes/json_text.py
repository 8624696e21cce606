"""Taking JSON text apart without reading its values, so that every number keeps its digits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pipeline_contracts.body import without_bom
from pipeline_contracts.message_base import MAX_METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def members_of(text: str) -> dict[str, str] | None:
    """Give the JSON text of each member of an object; None for any other text, and if a key is repeated."""
    try:
        return _members(without_bom(text))
    except (ValueError, IndexError, RecursionError):
        return None


def _members(text: str) -> dict[str, str] | None:
    members: dict[str, str] = {}
    place = _after_space(text, 0)
    if text[place] != "{":
        return None
    place = _after_space(text, place + 1)
    more = text[place] != "}"
    while more:
        if text[place] != '"':
            return None
        name, place = _DECODER.raw_decode(text, place)
        place = _after_space(text, place)
        if text[place] != ":" or name in members:
            return None
        start = _after_space(text, place + 1)
        _, place = _DECODER.raw_decode(text, start)
        members[name] = text[start:place]
        place = _after_space(text, place)
        more = text[place] == ","
        if more:
            place = _after_space(text, place + 1)
        elif text[place] != "}":
            return None
    return members if _after_space(text, place + 1) == len(text) else None


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def with_metadata(text: str, metadata: Mapping[str, str]) -> str:
    """Add metadata to a message.

    The text stays as it is if the message has metadata that no model accepts, or leaves no room for more.
    """
    members = members_of(text)
    if not metadata or members is None:
        return text
    sent = members.get("metadata", "null")
    own = {} if sent == "null" else members_of(sent)
    if own is None:
        return text
    merged = own | {name: json.dumps(value) for name, value in metadata.items()}
    return text if len(merged) > MAX_METADATA else _object(members | {"metadata": _object(merged)})


def _object(members: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members.items()) + "}"
