"""The fields that every message may have, whatever its model: its identity, and the producer's notes about it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_METADATA = 50
"""Entries of a message's metadata."""


class MessageBase(BaseModel):
    """The base of `PipelineMessage`: two optional fields that the pipeline itself reads."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    idempotency_key: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=256)] | None,
        Field(description="Messages with the same key are one record. Without a key, the message id identifies it."),
    ] = None

    metadata: Annotated[
        Annotated[dict[str, str], Field(max_length=MAX_METADATA)] | None,
        Field(description="Notes of the producer about the message, stored in an attribute of their own."),
    ] = None
