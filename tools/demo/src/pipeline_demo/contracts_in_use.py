"""The versions of the contracts that run: in each service, and in the tools that make and read messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws.reload.functions import reloadable_functions
from pipeline_cli.reloading import contracts_of, contracts_of_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.reload.application import Application

_CONTRACTS = "contracts"


def contracts_in_use(application: Application, repository: Path) -> Iterator[str]:
    """Yield a line for each version, with everything that runs it; functions without contracts are left out."""
    contracts = repository / _CONTRACTS
    told = {one.label: contracts_of(one.package, contracts) for one in reloadable_functions(application)}
    told["messages"] = contracts_of_sources(contracts)
    for version in sorted({*told.values()} - {""}):
        yield f"{version}: {', '.join(name for name, own in told.items() if own == version)}"
