"""Each patch belongs to the versions of the SDK that it names."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from unittest.mock import Mock

from aws_durable_execution_sdk_python import state
from orchestrator.sdk_patch import patch

if TYPE_CHECKING:
    import pytest


def test_the_installed_sdk_is_patched(caplog: pytest.LogCaptureFixture) -> None:
    """With another version, check with docs/upstream/ whether it still has the faults."""
    patch()

    assert not caplog.messages


def test_a_version_that_no_patch_names_runs_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    originals = {name: object() for name in ("_drain_overflow", "stop_checkpointing")}
    for name, original in originals.items():
        monkeypatch.setattr(state.ExecutionState, name, original)

    patch("3.0.1")

    assert {name: getattr(state.ExecutionState, name) for name in originals} == originals
    assert caplog.messages == [
        f"durable SDK 3.0.1 runs without the patch of {name}, which is for 3.0.0" for name in originals
    ]


def test_the_end_of_an_invocation_wakes_the_thread_that_sends_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise, it would end at its next poll, which is in an hour here."""
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
