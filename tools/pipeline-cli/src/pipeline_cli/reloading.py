"""Reloading the services of the pipeline that runs on this machine, with the contracts of the working copy."""

from __future__ import annotations

import re
import tomllib
import zipfile
from typing import TYPE_CHECKING

from local_aws.reload.reloader import Reloader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local_aws.reload.application import Application

_CONTRACTS = "contracts"
_PACKAGE = "pipeline_contracts"
_METADATA = re.compile(r"durable_pipeline_contracts-(.+)\.dist-info")


def contracts_under_work(repository: Path) -> Mapping[str, str]:
    """Return the variable that makes a build take the contracts of the repository in place of those of a lock.

    A service whose lock pins another major version keeps that one, because it cannot read the current contracts.
    """
    return {"BUILD_CONTRACTS": str((repository / _CONTRACTS).resolve())}


def pipeline_reloader(application: Application, repository: Path) -> Reloader:
    """Return the reloader of the services, which also reports the contracts of each service."""
    contracts = repository / _CONTRACTS
    return Reloader(
        application,
        shared=[contracts / "src"],
        variables=contracts_under_work(repository),
        describe=lambda function: contracts_of(function.package, contracts),
    )


def contracts_of(package: Path, contracts: Path) -> str:
    """Describe the contracts in a service's package: their version, and whether they are as released."""
    versions = [name[1] for path in package.iterdir() if (name := _METADATA.fullmatch(path.name))]
    return "".join(_described(version, package, contracts) for version in versions)


def contracts_of_sources(contracts: Path) -> str:
    """Describe the contracts of the working copy, which tools and tests run; empty if there are none."""
    project = contracts / "pyproject.toml"
    if not project.exists():
        return ""
    version: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    return _described(version, contracts / "src", contracts)


def _described(version: str, folder: Path, contracts: Path) -> str:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in (folder / _PACKAGE).rglob("*.py")}
    return f"contracts {version} {'as released' if found == _released(contracts, version) else 'of contracts/src'}"


def _released(contracts: Path, version: str) -> dict[str, bytes] | None:
    wheel = contracts / "releases" / f"durable_pipeline_contracts-{version}-py3-none-any.whl"
    if not wheel.exists():
        return None
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".py")}
