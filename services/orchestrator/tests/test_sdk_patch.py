"""The patches belong to one version of the SDK."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING
from unittest.mock import Mock

from aws_durable_execution_sdk_python import state
from orchestrator.sdk_patch import patch

if TYPE_CHECKING:
    import pytest


def test_the_patches_are_for_the_sdk_that_is_installed() -> None:
    """With another version, see whether the test below and this one need them.

    test_a_chunk_of_more_bytes_than_the_sdk_batches_does_not_hang
    """
    assert version("aws-durable-execution-sdk-python") == "3.0.0"


def test_the_end_of_an_invocation_wakes_the_thread_that_sends_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would end when it next looks by itself, which is in an hour here."""
    monkeypatch.setattr(state, "_STOP_SIGNAL_POLL_SECONDS", 3_600)
    patch()
    execution = state.ExecutionState("arn", "token", {}, Mock(), Mock())
    waits = threading.Event()
    wait = execution._checkpoint_queue.get
    execution._checkpoint_queue.get = lambda *args, **kwargs: (waits.set(), wait(*args, **kwargs))[1]  # type: ignore[method-assign]
    sender = threading.Thread(target=execution.checkpoint_batches_forever, daemon=True)
    sender.start()
    assert waits.wait(10)

    execution.stop_checkpointing()

    sender.join(10)
    assert not sender.is_alive()
