"""The orchestrator on the durable SDK's own runner, between the real handlers of all services and a real table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from local_aws.ministack import ministack_alone
from orchestrator.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_fuzz.whole import Whole

TABLE = "processed"
LONG_RUN = 5_000
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:{}:live"

os.environ |= {
    "ENVIRONMENT": "fuzz",
    "PROCESSED_DATA_TABLE": TABLE,
    **{stage.variable: FUNCTION.format(stage.service) for stage in STAGES},
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bodies", type=int, default=300, help="how many bodies each property is tried with, at least")


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    """Whether there is time for whole batches of large items, of which MiniStack stores about one per second."""
    asked: int = pytestconfig.getoption("bodies")
    return asked >= LONG_RUN


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with ministack_alone(tmp_path_factory.mktemp("ministack")) as aws:
        os.environ["AWS_ENDPOINT_URL"] = endpoint = aws.url
        os.environ["INVALID_MESSAGE_QUEUE_URL"] = f"{endpoint}/000000000000/invalid"
        from pipeline_fuzz.whole import Whole

        with Whole(TABLE) as started:
            yield started


@pytest.fixture
def own_message(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make all functions read the own model, as they do when `PipelineMessage` is changed."""
    from orchestrator.handler import parse_batch
    from pipeline_fuzz.own_model import OwnMessage

    monkeypatch.setattr("pipeline_contracts.message.PipelineMessage", OwnMessage)
    parse_batch.cache_clear()
    yield
    parse_batch.cache_clear()
