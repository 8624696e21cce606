"""The process that rejects a message is killed each time: the batch ends as dead letters, and its alarm fires.

AWS invokes the function again until the execution times out; dex-local-runner gives up at the fifth invocation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_cli.local import local_pipeline
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.repository_copy import REPOSITORY, SHORT_WAITS, changed_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLED = (
    "services/orchestrator/src/orchestrator/steps.py",
    "        arn = context.execution_context.durable_execution_arn\n",
    '        import os\n\n        print("the process that rejects is killed", flush=True)\n        os._exit(1)\n',
)
INVOCATIONS_OF_AN_EXECUTION = 5
"""The consecutive failed invocations after which dex-local-runner gives an execution up."""
COME_BACK_SOON = ("infra/shared/template.yaml", "VisibilityTimeout: 960", "VisibilityTimeout: 90")
"""Longer than these invocations take, including the pauses between them."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    template = changed_copy(tmp_path / "copy", *SHORT_WAITS, COME_BACK_SOON, KILLED) / "infra/template.yaml"
    with local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS) as aws:
        yield Stack(aws)


def test_messages_whose_rejection_is_killed_each_time_end_as_dead_letters(stack: Stack) -> None:
    good, invalid = stack.send(body(), INVALID)
    stack.wait_until_drained(seconds=600)

    outcomes = stack.outcomes().of([good, invalid])
    assert outcomes[invalid] == {"dead"}
    # It is rejected before any stage is invoked, so a message of the same batch is not stored either.
    assert outcomes[good] in ({"dead"}, {"stored"})
    invocations = stack.logged("the process that rejects is killed")
    assert invocations == int(PARAMETERS["MaxReceiveCount"]) * INVOCATIONS_OF_AN_EXECUTION
