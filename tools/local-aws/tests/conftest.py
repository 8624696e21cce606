from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_aws.emulator import Emulator
from local_aws.testing.toy_application import QUICK, TOY, hostile_environment  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulated AWS with the toy deployed to it."""
    with Emulator.start(tmp_path_factory.mktemp("run"), template=TOY / "template.yaml", parameters=QUICK) as emulator:
        yield emulator
