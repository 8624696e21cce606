"""Handlers that end as no service should; they run in the package of a service."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

LARGE = "x" * 7_000_000


class OwnError(Exception):
    """An error that no caller can import."""


def raises(event: Any, context: Any) -> None:
    raise OwnError("why")


def exits(event: Any, context: Any) -> None:
    sys.exit(3)


def dies(event: Any, context: Any) -> None:
    os._exit(3)


def floods(event: Any, context: Any) -> str:
    return LARGE


def answers_a_lone_surrogate(event: Any, context: Any) -> str:
    return "\ud800"


def recovers(event: Any, context: Any) -> Any:
    """Crash, then exceed the response limit, then act as the service that `AWS_LAMBDA_FUNCTION_NAME` names."""
    calls = Path(os.environ["CALLS"])
    calls.write_text(calls.read_text() + "x")
    if calls.read_text() == "x":
        os._exit(3)
    if calls.read_text() == "xx":
        return LARGE
    return import_module(f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']}.handler").handler(event, context)
