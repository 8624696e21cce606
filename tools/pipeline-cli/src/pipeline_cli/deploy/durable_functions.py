"""Checks that AWS supports durable functions here and with this runtime; a deployment would fail only after minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError

from pipeline_cli.declared_stages import ORCHESTRATOR
from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_cli.deploy.stacks import Catalogue, Stack

RUNTIMES = ("python3.13", "python3.14")
"""https://docs.aws.amazon.com/lambda/latest/dg/durable-supported-runtimes.html"""

_OPERATION = "ListDurableExecutionsByFunction"
# Lambda's response to a path for which it has no operation.
_UNKNOWN_CODES = ("UnknownOperation", "UnknownOperationException")
_UNKNOWN_TEXT = "Unable to determine service/operation name"


def check_durable_functions(
    catalogue: Catalogue, stack: Stack, environment: str, chosen: Mapping[str, str], client: Callable[[str], Any]
) -> None:
    """Raise DeployError if the stack has the orchestrator, but AWS would not run it with this runtime or here."""
    if stack is not catalogue.root and stack.name != ORCHESTRATOR:
        return
    runtime = chosen["PythonRuntime"]
    if runtime not in RUNTIMES:
        raise DeployError(
            f"PythonRuntime is {runtime}: AWS runs durable functions, such as the orchestrator, on "
            f"{' and '.join(RUNTIMES)} only"
        )
    _check_region(client("lambda"), f"{environment}-durable-pipeline-{ORCHESTRATOR}")


def _check_region(lambda_client: Any, function: str) -> None:
    """Ask Lambda in the region for durable executions; any response except an unknown operation proves support."""
    region = lambda_client.meta.region_name
    try:
        lambda_client.list_durable_executions_by_function(FunctionName=function, MaxItems=1)
    except EndpointConnectionError as error:
        raise DeployError(f"nothing answers for Lambda in {region}: {error}") from None
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] in _UNKNOWN_CODES or _UNKNOWN_TEXT in told.get("Message", ""):
            raise DeployError(
                f"Lambda offers no durable functions in {region}: it was asked for {_OPERATION}, and "
                f"answered {told['Code']}: {told.get('Message', '')}. Choose another region with AWS_DEFAULT_REGION"
            ) from None
