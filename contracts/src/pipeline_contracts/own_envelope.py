"""An envelope of your own: the one file to change for the parameter `Envelope` with the value `own`."""

from __future__ import annotations

from pipeline_contracts.envelopes.unwrapped import Unwrapped


def unwrap(text: str) -> Unwrapped | None:
    """Take the message out of a body.

    It may run more than once per message, and must depend on nothing but the text. An `InvalidBodyError` rejects the
    message; any other exception fails it, and leaves its neighbours alone.

    Returns:
        The message; None for a body that is in no envelope, and is a message itself.
    """
    return Unwrapped(text)
