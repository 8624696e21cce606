"""The durable functions among all deployed ones, including stacks that are deployed while the endpoint runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_aws.deploy.deployment import all_functions
from local_aws.function_configs import write_function_configs

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.deployment import DeployedFunction


@dataclass(eq=False)
class FunctionCatalog:
    """The functions of all stacks of ``aws``, also written to the file that dex-local-runner reads.

    MiniStack drops a function's DurableConfig, so the templates of the stacks are read: again only after ``forget``, or
    for an unknown function.
    """

    aws: AwsEndpoint
    run: Path
    _known: dict[str, DeployedFunction] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def forget(self) -> None:
        """Read the stacks again when the next function is looked up."""
        self._known = {}

    async def execution_timeout(self, function: str) -> int | None:
        """Return the execution timeout in seconds, or None for a plain function.

        Raises EmulatorError if a template is not understood, and boto's errors.
        """
        async with self._reading:
            functions = before = self._known
            if function not in functions:
                found = await asyncio.to_thread(all_functions, self.aws)
                functions = {one.name: one for one in found}
                write_function_configs(self.run, found)
                if self._known is before:  # otherwise, a stack has changed meanwhile
                    self._known = functions
        known = functions.get(function)
        return known.execution_timeout if known else None
