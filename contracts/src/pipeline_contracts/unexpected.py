"""Exceptions without their messages.

The text of an exception may quote a message, and Lambda logs it. Its type and its place in the code quote nothing.
"""

from __future__ import annotations

import traceback
from functools import wraps
from typing import TYPE_CHECKING, Any

from pipeline_contracts.errors import BrokenContractError

if TYPE_CHECKING:
    from collections.abc import Callable


class UnexpectedError(Exception):
    """An exception of a service, described by its type and its place in the code."""


def location_of(error: BaseException) -> str:
    """Name an exception by its type and its place: `KeyError in has_columns, rules.py:23`."""
    *_, last = traceback.extract_tb(error.__traceback__) or [None]
    place = f" in {last.name}, {last.filename.rpartition('/')[2]}:{last.lineno}" if last else ""
    return f"{type(error).__name__}{place}"


def without_words(
    handler: Callable[[dict[str, Any], Any], dict[str, Any]],
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Let a Lambda handler raise an `UnexpectedError` in place of any exception whose text is not ours."""

    @wraps(handler)
    def guarded(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        except BrokenContractError:
            raise
        except Exception as error:  # noqa: BLE001 -- the border to the runtime, which logs what it gets
            raise UnexpectedError(location_of(error)) from None

    return guarded
