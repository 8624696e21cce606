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
    """Return an event by the name of its file, with a message in it, or with other fields; None removes one."""
    text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
    if changed:
        fields = json.loads(text) | changed
        text = json.dumps({name: value for name, value in fields.items() if value is not None})
    return text.replace('"goes here"', json.dumps(message)) if name == "sns" else text.replace(MARK, message or body())


def object_event(**changed: Any) -> str:
    """Return a notification of S3 with other values of its record, its bucket or its object; None removes one."""
    sent = json.loads(event("s3"))
    record = sent["Records"][0]
    found = record["s3"]["object"]
    for name, value in changed.items():
        place = found if name in found else record["s3"]["bucket"] if name == "name" else record
        place[name] = value
        if value is None:
            del place[name]
    return json.dumps(sent)
