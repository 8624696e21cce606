"""What importing the package gives, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import pipeline_contracts
import pytest

MODULES = "import sys, pipeline_contracts\n{}\nprint(*sys.modules)"


def modules_after(code: str) -> set[str]:
    ended = subprocess.run([sys.executable, "-c", MODULES.format(code)], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize("name", pipeline_contracts.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(pipeline_contracts, name) is not None


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError, match="'pipeline_contracts' has no attribute 'StorageQuestion'"):
        pipeline_contracts.StorageQuestion  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("", set()),
        ("pipeline_contracts.ValidationRequest", {"validation"}),
        ("pipeline_contracts.TransformationRequest", {"transformation"}),
        ("pipeline_contracts.StorageRequest", {"storage", "transformation"}),
    ],
)
def test_a_service_imports_what_it_uses(code: str, used: set[str]) -> None:
    modules = modules_after(code)

    exchanges = {"storage", "transformation", "validation"}
    assert {name for name in exchanges if f"pipeline_contracts.{name}" in modules} == used
