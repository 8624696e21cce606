"""The compressed form of a request or a response.

A durable function checkpoints the request and the response of every invoke, and each byte is billed. The decision and
its figures: docs/decisions/0010-compress-what-is-checkpointed.md.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Annotated, Literal

from pydantic import AfterValidator

from pipeline_contracts.base import Contract

MIN_BYTES = 4_096
"""Shorter text is not compressed: people can read it, and compression would save less than a millionth of a dollar."""

MAX_DECODED_BYTES = 1_048_576
"""The most UTF-8 bytes before compression: the limit of an invoke, so that no bound depends on compression."""


def _decode(body: str) -> str:
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(base64.b64decode(body, validate=True), MAX_DECODED_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"is not base64 of zlib: {error}") from error
    if len(data) > MAX_DECODED_BYTES:
        raise ValueError(f"has more than {MAX_DECODED_BYTES:,} bytes when decoded")
    if not reader.eof or reader.unused_data:
        raise ValueError("does not end where its zlib stream ends")
    return data.decode()


class Compressed(Contract):
    """A request or a response in its compressed form."""

    encoding: Literal["zlib"]
    """zlib (RFC 1950), then base64 (RFC 4648, section 4)."""
    body: Annotated[str, AfterValidator(_decode)]
    """The JSON text, decoded when it is read."""


def compress(text: str) -> dict[str, str] | None:
    """Give the compressed form of JSON text; None if that would not be shorter."""
    data = text.encode()
    if len(data) < MIN_BYTES:
        return None
    form = {"encoding": "zlib", "body": base64.b64encode(zlib.compress(data)).decode("ascii")}
    return form if sum(map(len, form.values())) + _AROUND < len(data) else None


_AROUND = len('{"encoding":"","body":""}')
