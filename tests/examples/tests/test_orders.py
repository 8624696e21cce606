"""The overlay is what its page says: few files, each in the place of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_examples.checkout import Checkout, FailedError
from pipeline_examples.orders import OVERLAY, apply, take_contracts
from pipeline_testing.repository_copy import whole_copy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_copy(tmp_path_factory.mktemp("copy") / "repository")


def test_at_most_twelve_files_are_written_by_hand() -> None:
    assert 3 < len([path for path in OVERLAY.rglob("*") if path.is_file()]) <= 12


def test_each_file_takes_the_place_of_one_that_is_there(copy: Path) -> None:
    apply(copy)

    assert "order_id" in (copy / "contracts/src/pipeline_contracts/message.py").read_text("utf-8")


def test_the_services_take_the_released_major(copy: Path) -> None:
    checkout = Checkout(copy)
    version = next(
        line for line in (copy / "contracts/pyproject.toml").read_text("utf-8").splitlines() if "version =" in line
    )
    checkout.edit("contracts/pyproject.toml", version, 'version = "7.0.0"')

    take_contracts(copy)

    for path in copy.glob("services/*/pyproject.toml"):
        assert '"durable-pipeline-contracts>=7.0,<8"' in path.read_text("utf-8")


def test_a_session_that_fails_ends_the_example(copy: Path) -> None:
    (copy / "nox").write_text("#!/bin/sh\necho no such session; exit 3\n")

    with pytest.raises(FailedError, match=r"\./nox -s lint failed"):
        Checkout(copy).nox("lint")
