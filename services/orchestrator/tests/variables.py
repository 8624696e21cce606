"""The variables of the function in the tests: the handler reads them when it is imported."""

from __future__ import annotations

import os

from orchestrator.stages import STAGES

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:{}:live"

VARIABLES = {stage.variable: FUNCTION.format(stage.service) for stage in STAGES} | {
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
