"""An outage of one function: Lambda throttles every invoke of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS = "live"
_LATEST = "$LATEST"


@dataclass(frozen=True)
class Outage:
    """A function without concurrency: who invokes it by its alias gets TooManyRequestsException.

    MiniStack keeps the reserved concurrency of a function for what is invoked without a qualifier, where AWS shares it
    among all versions. So the alias points at the latest version meanwhile, which is throttled and runs nothing.
    """

    client: LambdaClient
    function: str
    version: str

    @classmethod
    def begin(cls, client: LambdaClient, function: str) -> Outage:
        """Throttle the function."""
        version = client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=_LATEST)
        return cls(client, function, version)

    def end(self) -> None:
        """Let the function run again, by the version that its alias had."""
        self.client.update_alias(FunctionName=self.function, Name=ALIAS, FunctionVersion=self.version)
        self.client.delete_function_concurrency(FunctionName=self.function)
