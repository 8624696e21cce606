"""A plain function: says for each body what becomes of its message."""

import json
import time


def handler(event, context):
    return {"verdicts": [judge(body) for body in event["bodies"]]}


def judge(body):
    try:
        wish = json.loads(body)["outcome"]
    except (ValueError, KeyError, TypeError):
        return "rejected"
    if wish == "crash":
        raise RuntimeError("asked to crash")
    if wish == "slow":
        time.sleep(3)
        return "stored"
    return wish
