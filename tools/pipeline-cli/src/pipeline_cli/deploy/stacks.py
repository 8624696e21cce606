"""The stacks that can be deployed, and their dependencies on each other, read from the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ROOT = "everything"
"""The name of the root stack on the command line, where one is needed."""

_VALUE_OF_PARAMETER = "AWS::SSM::Parameter::Value<String>"
_DEFAULT_PREFIX = "/durable-pipeline/dev/"
_WRITTEN_PREFIX = "/durable-pipeline/${EnvironmentName}/"

# The types of resources that are named by the template, with a name that must be unique.
_NAMED = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Serverless::Function": "FunctionName",
}
_TRANSLATED = {"AWS::Serverless::Function": "AWS::Lambda::Function"}


@dataclass(frozen=True)
class Named:
    """A resource: its CloudFormation type and its name, with a placeholder for the environment."""

    kind: str
    pattern: str

    def name_in(self, environment: str) -> str:
        """Return the name in an environment."""
        return self.pattern.replace("${EnvironmentName}", environment)


@dataclass(frozen=True)
class Stack:
    """A template and its content. SSM parameters are named without their environment's prefix."""

    name: str
    template: Path
    parameters: Mapping[str, Mapping[str, Any]]
    """The declarations of its parameters, by name."""
    publishes: frozenset[str]
    takes: Mapping[str, str]
    """The SSM parameter from which each parameter of the template takes its value."""
    named: tuple[Named, ...]
    fifo_queues: tuple[str, ...]
    """The logical ids of its FIFO queues."""

    @classmethod
    def read(cls, name: str, template: Path) -> Stack:
        """Read a template."""
        body: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
        parameters: dict[str, Any] = body.get("Parameters", {})
        written = [r["Properties"]["Name"] for r in body["Resources"].values() if r["Type"] == "AWS::SSM::Parameter"]
        return cls(
            name=name,
            template=template,
            parameters=parameters,
            publishes=frozenset(entry["Fn::Sub"].removeprefix(_WRITTEN_PREFIX) for entry in written),
            takes={
                key: entry["Default"].removeprefix(_DEFAULT_PREFIX)
                for key, entry in parameters.items()
                if entry["Type"] == _VALUE_OF_PARAMETER
            },
            named=tuple(_named(body["Resources"])),
            fifo_queues=tuple(name for name, entry in body["Resources"].items() if _is_fifo(entry)),
        )

    @property
    def title(self) -> str:
        """Return the name of the stack as it is used in a sentence."""
        return "the shared resources" if self.name == "shared" else f"the {self.name}"

    def stack_name(self, environment: str) -> str:
        """Return the name of the CloudFormation stack."""
        whole = f"durable-pipeline-{environment}"
        return whole if self.name == ROOT else f"{whole}-{self.name}"

    def discovered(self, environment: str) -> dict[str, str]:
        """Return the parameters of the template that name SSM parameters, with the names of the environment."""
        return {key: ssm_name(environment, path) for key, path in self.takes.items()}


class Catalogue:
    """All stacks: the root, and the parts by the name of their template's folder."""

    def __init__(self, repository: Path) -> None:
        """Read the templates of a repository."""
        self.root = Stack.read(ROOT, repository / "infra" / "template.yaml")
        found = sorted([*repository.glob("infra/*/template.yaml"), *repository.glob("services/*/template.yaml")])
        self.parts = {path.parent.name: Stack.read(path.parent.name, path) for path in found}

    def get(self, name: str | None) -> Stack:
        """Return a stack by its name, or the root without a name; raises DeployError if it does not exist."""
        if name is None:
            return self.root
        if name not in self.parts:
            raise DeployError(f"there is no stack {name}, only {', '.join(self.parts)}; omit the name for all")
        return self.parts[name]

    def owner(self, path: str) -> Stack:
        """Return the stack that publishes an SSM parameter."""
        if owner := next((stack for stack in self.parts.values() if path in stack.publishes), None):
            return owner
        raise DeployError(f"no template publishes the SSM parameter {path}")

    def named(self, stack: Stack) -> tuple[Named, ...]:
        """Return the named resources of a stack, including those of its nested stacks."""
        nested = self.parts.values() if stack is self.root else ()
        return (*stack.named, *(resource for part in nested for resource in part.named))

    def dependents(self, stack: Stack) -> list[Stack]:
        """Return the stacks that read values that a stack publishes."""
        return [other for other in self.parts.values() if stack.publishes & set(other.takes.values())]


def _named(resources: Mapping[str, Any]) -> Iterator[Named]:
    for resource in resources.values():
        kind = resource["Type"]
        pattern = resource.get("Properties", {}).get(_NAMED.get(kind, ""))
        if isinstance(pattern, dict) and isinstance(pattern.get("Fn::Sub"), str):
            yield Named(_TRANSLATED.get(kind, kind), pattern["Fn::Sub"])


def _is_fifo(resource: Mapping[str, Any]) -> bool:
    # A condition in place of the value may make it a FIFO queue.
    return resource["Type"] == "AWS::SQS::Queue" and bool(resource.get("Properties", {}).get("FifoQueue"))


def ssm_name(environment: str, path: str) -> str:
    """Return the name of an SSM parameter in an environment."""
    return f"/durable-pipeline/{environment}/{path}"
