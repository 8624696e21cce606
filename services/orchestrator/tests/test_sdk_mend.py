"""The mend belongs to one version of the SDK."""

from __future__ import annotations

from importlib.metadata import version


def test_the_mend_is_for_the_sdk_that_is_installed() -> None:
    """With another version, see whether test_a_chunk_of_more_bytes_than_the_sdk_batches_does_not_hang needs it."""
    assert version("aws-durable-execution-sdk-python") == "3.0.0"
