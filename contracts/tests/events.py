"""The events of AWS in tests/events, with a message in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline_contracts.message import EXAMPLES

EVENTS = Path(__file__).with_name("events")
MARK = '{"MESSAGE": "goes here"}'


def body(further: str = "") -> str:
    """Write a message as JSON text, with further members."""
    example = json.dumps(EXAMPLES[0])
    return f"{example[:-1]}, {further}}}" if further else example


def event(name: str, message: str = "", **changed: Any) -> str:
    """Give an event by the name of its file, with a message in it, or with other fields; None removes one."""
    text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
    if changed:
        fields = json.loads(text) | changed
        text = json.dumps({name: value for name, value in fields.items() if value is not None})
    return text.replace('"goes here"', json.dumps(message)) if name == "sns" else text.replace(MARK, message or body())
