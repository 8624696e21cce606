"""The time of the last change to the pipeline's code."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipeline_cli.declared_stages import services
from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_cli.target import Target

_MOST_NAMES = 10  # Per call, https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html


def last_release(target: Target, repository: Path) -> datetime:
    """Return when the newest of the live versions was published, of the orchestrator and of each service.

    Raises:
        CommandError: A service of this repository is not deployed.
    """
    names = [f"/durable-pipeline/{target.environment}/{service}/function-arn" for service in services(repository)]
    arns: list[str] = []
    for start in range(0, len(names), _MOST_NAMES):
        found = target.client("ssm").get_parameters(Names=names[start : start + _MOST_NAMES])
        if found["InvalidParameters"]:
            missing = ", ".join(found["InvalidParameters"])
            raise CommandError(
                f"no SSM parameter {missing}, so it is unknown which functions changed: "
                f"deploy the service, or add --unchanged"
            )
        arns += [one["Value"] for one in found["Parameters"]]
    functions = target.client("lambda")
    published = (functions.get_function(FunctionName=arn)["Configuration"]["LastModified"] for arn in arns)
    return max(map(datetime.fromisoformat, published))
