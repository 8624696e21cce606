"""Bodies that fit into an SQS message: arbitrary, damaged and valid ones."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from pipeline_contracts import InvalidBodyError, PipelineMessage, parse_message
from pipeline_contracts.message import EXAMPLES

# SQS accepts the characters of XML 1.0, and at least one of them.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
CHARACTERS = st.characters(
    codec="utf-8", exclude_characters=[chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)]
)
TEXTS = st.text(CHARACTERS, min_size=1, max_size=60)
ANY_TEXT = st.text(max_size=20)  # inside JSON, escapes can express every code point except surrogates

INTEGERS = st.integers(-(10**38) + 1, 10**38 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT.filter(bool), inner, max_size=4),
    max_leaves=10,
)
_TAKEN = "execution_id message_id model_config model_extra model_fields __class__ self columns errors"
NAMES = ANY_TEXT.filter(bool) | st.sampled_from(_TAKEN.split())
SHARED = ("idempotency_key", "metadata")
"""The fields of every message; the key would merge two messages into one record."""

FIELDS = sorted(PipelineMessage.model_fields)


def is_message(body: dict[str, Any]) -> bool:
    """Return whether the model accepts a body."""
    try:
        parse_message(json.dumps(body))
    except InvalidBodyError:
        return False
    return True


@st.composite
def good_bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a valid and storable message: an example of the model, with additional fields if it allows them."""
    example = {name: value for name, value in draw(st.sampled_from(EXAMPLES)).items() if name not in SHARED}
    further = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    message = {name: value for name, value in further.items() if name not in FIELDS} | example
    if draw(st.booleans()):
        message["metadata"] = draw(st.dictionaries(NAMES, ANY_TEXT, max_size=4))
    return message if is_message(message) else example


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a message that every table can store, whatever the rules of its type: fields have other texts."""
    message = draw(good_bodies())
    texts = [name for name, value in message.items() if name in FIELDS and isinstance(value, str)]
    changed = message | {name: draw(TEXTS) for name in texts if draw(st.booleans())}
    return changed if is_message(changed) else message


@st.composite
def damaged_bodies(draw: st.DrawFn) -> str:
    """Generate the text of a valid message with a few characters deleted, doubled or replaced."""
    text = json.dumps(draw(good_bodies()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 5)))
        text = text[:start] + draw(st.just("") | TEXTS | st.just(text[start:end] * 2)) + text[end:]
    return text or " "


@st.composite
def misfits(draw: st.DrawFn) -> str:
    """Generate JSON of the right shape with a value of any kind where a string belongs."""
    message = draw(good_bodies())
    message[draw(st.sampled_from(FIELDS))] = draw(VALUES)
    return json.dumps(message)


ANY_BODIES = (
    TEXTS | VALUES.map(json.dumps) | damaged_bodies() | misfits() | (messages() | good_bodies()).map(json.dumps)
)
