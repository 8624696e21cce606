"""The functions of an application that can be reloaded, with their sources and their deployed packages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local_aws.deploy.deployment import STACK_NAME
from local_aws.deploy.transform import parse_template
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient

    from local_aws.reload.application import Application

_NESTED = {"AWS::Serverless::Application": "Location", "AWS::CloudFormation::Stack": "TemplateURL"}
# With these, the SAM CLI runs make in another folder.
_OTHER_FOLDERS = {"ContextPath", "ProjectRootDirectory", "WorkingDirectory"}


@dataclass(frozen=True)
class ReloadableFunction:
    """A deployed function that is built by a Makefile in its source folder."""

    label: str
    """Its name in texts: the name of its source folder, or its logical id if several share the folder."""
    name: str
    """Its name in Lambda."""
    logical_id: str
    source: Path
    package: Path
    """The folder with the deployed package, built by the SAM CLI or by the last reload."""
    alias: str | None


def reloadable_functions(application: Application) -> list[ReloadableFunction]:
    """List them; functions without a Makefile are left out."""
    client = application.endpoint.cloudformation()
    found = list(_functions(client, STACK_NAME, application.template, application.built_template))
    folders = Counter(function.label for function in found)
    return [one if folders[one.label] == 1 else replace(one, label=one.logical_id) for one in found]


def _functions(client: CloudFormationClient, stack: str, template: Path, built: Path) -> Iterator[ReloadableFunction]:
    source, result = _read(template), _read(built)
    common = source.get("Globals", {}).get("Function", {})
    entries = client.describe_stack_resources(StackName=stack)["StackResources"]
    deployed = {entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "") for entry in entries}
    for logical_id, resource in source["Resources"].items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if logical_id not in deployed:
            continue
        if kind == "AWS::Serverless::Function" and _has_makefile(resource):
            properties = common | properties
            folder = (template.parent / properties["CodeUri"]).resolve()
            yield ReloadableFunction(
                label=folder.name,
                name=deployed[logical_id],
                logical_id=logical_id,
                source=folder,
                package=built.parent / result["Resources"][logical_id]["Properties"]["CodeUri"],
                alias=_alias(properties.get("AutoPublishAlias"), logical_id),
            )
        elif nested := _nested(template, properties.get(_NESTED.get(kind, ""))):
            place = result["Resources"][logical_id]["Properties"][_NESTED[kind]]
            yield from _functions(client, deployed[logical_id], nested, built.parent / place)


def _has_makefile(resource: dict[str, Any]) -> bool:
    metadata = resource.get("Metadata", {})
    return metadata.get("BuildMethod") == "makefile" and not _OTHER_FOLDERS & metadata.keys()


def _nested(template: Path, location: object) -> Path | None:
    path = template.parent / location if isinstance(location, str) else None
    return path if path is not None and path.is_file() else None


def _alias(value: object, function: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise EmulatorError(f"AutoPublishAlias of {function} is {value!r}; only a name is supported")


def _read(template: Path) -> dict[str, Any]:
    return parse_template(template.read_text(encoding="utf-8"))
