"""A function as its template declares it, with its built package."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from local_aws.aws import REGION
from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY
from service_build.build import Target, build

from pipeline_runtime.execution_environment import Answer, ExecutionEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT = "000000000000"
FUNCTIONS = tuple(sorted(path.parent.name for path in (REPOSITORY / "services").glob("*/template.yaml")))


def arn_of(name: str) -> str:
    """Return the ARN of a function's alias."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:live"


class Function:
    """Starts an execution environment when invoked if there is none, and runs one invocation at a time."""

    def __init__(self, name: str, package: Path, variables: Mapping[str, str], *, handler: str = "") -> None:
        """Read the template of a service; ``variables`` override the defaults of its parameters."""
        template = parse_template((REPOSITORY / "services" / name / "template.yaml").read_text(encoding="utf-8"))
        declared = template["Resources"]["Function"]["Properties"]
        self.name = name
        self.megabytes = int(declared["MemorySize"])
        self.execution_timeout: int | None = declared.get("DurableConfig", {}).get("ExecutionTimeout")
        self.package = package
        self.log = package.with_suffix(".log")
        self._handler = handler or str(declared["Handler"])
        self._timeout = int(declared["Timeout"])
        runtime = template["Parameters"]["PythonRuntime"]["Default"]
        self.variables = {
            # Its handling of the encoding of responses is tested on whatever Python is here.
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.megabytes),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "LANG": "en_US.UTF-8",
            "LAMBDA_TASK_ROOT": str(package),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(package),
            "TZ": ":UTC",
            **{key: _value(value, template) for key, value in declared["Environment"]["Variables"].items()},
            **variables,
        }
        self._lock = threading.Lock()
        self.environment: ExecutionEnvironment | None = None

    @classmethod
    def built(cls, name: str, folder: Path, variables: Mapping[str, str]) -> Self:
        """Build the package of a service for this machine, as `sam build` does."""
        build(REPOSITORY / "services" / name, folder / name, Target.parse("host"))
        return cls(name, folder / name, variables)

    def start(self) -> ExecutionEnvironment:
        """Return the environment, a new one if the last one has ended."""
        if self.environment is None or self.environment.ended:
            self.close()
            self.environment = ExecutionEnvironment(
                self.package, self._handler, self.variables, timeout=self._timeout, log=self.log
            )
        return self.environment

    def invoke(self, payload: bytes) -> Answer:
        """Invoke it like a caller, who also receives errors of its start."""
        with self._lock:
            environment = self.start()
            return environment.started if environment.started.is_error else environment.invoke(payload)

    def close(self) -> None:
        """Stop its process."""
        if self.environment:
            self.environment.close()
            self.environment = None


def _value(value: Any, template: Mapping[str, Any]) -> str:
    """Return a variable's value; the caller must provide parameters without a default."""
    return str(template["Parameters"][value["Ref"]].get("Default", "")) if isinstance(value, dict) else str(value)
