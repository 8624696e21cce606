from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline import Pipeline

# Tests must not depend on the speed or the load of a machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

os.environ |= VARIABLES


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    from pipeline import Pipeline

    with Pipeline(monkeypatch) as started:
        yield started
