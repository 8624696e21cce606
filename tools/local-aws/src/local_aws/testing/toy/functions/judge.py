"""A plain function: decides the outcome of each message from its body."""

from __future__ import annotations

import json
import time


def handler(event: dict[str, list[str]], context: object) -> dict[str, list[str]]:
    return {"verdicts": [judge(body) for body in event["bodies"]]}


def judge(body: str) -> str:
    try:
        wish = str(json.loads(body)["outcome"])
    except (ValueError, KeyError, TypeError):
        return "rejected"
    if wish == "crash":
        raise RuntimeError("asked to crash")
    if wish == "slow":
        time.sleep(3)
        return "stored"
    return wish
