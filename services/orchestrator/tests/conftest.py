from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from orchestrator.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline import Pipeline

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:{}:live"

# No test depends on how fast a machine is, or on what else it does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

os.environ |= {stage.variable: FUNCTION.format(stage.service) for stage in STAGES} | {
    "ENVIRONMENT": "test",
    "INVALID_MESSAGE_QUEUE_URL": "http://127.0.0.1/invalid",
    "CHUNK_SIZE": "100",
    "POWERTOOLS_SERVICE_NAME": "orchestrator",
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    from pipeline import Pipeline

    with Pipeline(monkeypatch) as started:
        yield started
