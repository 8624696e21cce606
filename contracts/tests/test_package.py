"""The names that importing the package provides, and the modules that it does not load."""

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


def test_a_service_imports_the_exchanges_that_it_uses() -> None:
    """It starts faster without the models of the others."""
    exchanges = {"contribution", "storage", "transformation", "validation"}

    assert not {name for name in exchanges if f"pipeline_contracts.{name}" in modules_after("")}
    for name in exchanges:
        modules = modules_after(f"import pipeline_contracts.{name}")
        assert {other for other in exchanges if f"pipeline_contracts.{other}" in modules} == {name}
