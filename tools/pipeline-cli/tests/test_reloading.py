"""The contracts in a service's package."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from pipeline_cli.reloading import contracts_of, contracts_of_sources

CONTRACTS = Path(__file__).parents[3] / "contracts"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Make a package with contracts as they were released."""
    with zipfile.ZipFile(CONTRACTS / "releases" / "durable_pipeline_contracts-2.0.0-py3-none-any.whl") as wheel:
        wheel.extractall(tmp_path)
    return tmp_path


def test_released_contracts_are_told_by_their_version(package: Path) -> None:
    assert contracts_of(package, CONTRACTS) == "contracts 2.0.0 as released"


def test_changed_contracts_are_told_from_released_ones_of_the_same_version(package: Path) -> None:
    with (package / "pipeline_contracts" / "message.py").open("a") as module:
        module.write("# changed")

    assert contracts_of(package, CONTRACTS) == "contracts 2.0.0 of contracts/src"


def test_contracts_that_were_never_released_are_those_under_work(package: Path) -> None:
    (package / "durable_pipeline_contracts-2.0.0.dist-info").rename(
        package / "durable_pipeline_contracts-9.0.0.dist-info"
    )

    assert contracts_of(package, CONTRACTS) == "contracts 9.0.0 of contracts/src"


def test_nothing_is_told_of_a_package_without_contracts(tmp_path: Path) -> None:
    assert contracts_of(tmp_path, CONTRACTS) == ""


@pytest.mark.parametrize(("edit", "told"), [("", "as released"), ("# changed", "of contracts/src")])
def test_the_contracts_under_work_are_told(tmp_path: Path, edit: str, told: str) -> None:
    contracts = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    with zipfile.ZipFile(contracts / "releases" / "durable_pipeline_contracts-2.0.0-py3-none-any.whl") as wheel:
        shutil.rmtree(contracts / "src")
        wheel.extractall(contracts / "src")
    (contracts / "pyproject.toml").write_text('[project]\nversion = "2.0.0"\n')
    with (contracts / "src" / "pipeline_contracts" / "message.py").open("a") as module:
        module.write(edit)

    assert contracts_of_sources(contracts) == f"contracts 2.0.0 {told}"


def test_nothing_is_told_of_a_repository_without_contracts(tmp_path: Path) -> None:
    assert contracts_of_sources(tmp_path / "contracts") == ""
