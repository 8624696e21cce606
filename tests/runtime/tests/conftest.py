from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_runtime.function import FUNCTIONS
from pipeline_runtime.pipeline import Pipeline, running
from pipeline_testing.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.function import Function


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with running(tmp_path_factory.mktemp("runtime")) as started:
        yield started


@pytest.fixture(params=FUNCTIONS)
def function(pipeline: Pipeline, request: pytest.FixtureRequest) -> Function:
    """Each function in turn."""
    return pipeline.functions[request.param]


@pytest.fixture(params=STAGES, ids=lambda stage: str(stage["service"]))
def stage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each stage in turn."""
    found: dict[str, str] = request.param
    return found
