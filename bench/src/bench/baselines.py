"""A copy of the deployed files, with the baselines added."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY, changed_copy
from pipeline_testing.stages import SERVICES

from bench.variants import DURABLE_BASELINES, ORCHESTRATOR, PLAIN, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.variants import Variant

BASELINE_FILES = REPOSITORY / "bench" / "baselines"
TIMED = (BASELINE_FILES / "timed.py").read_text(encoding="utf-8")
PATCH = "from orchestrator import sdk_patch\n\nsdk_patch.patch()\n"
KEPT = ("Function", "EventSource", "LogGroup", "Role")
"""Kept from the orchestrator's template; its values for others are not needed for a baseline."""
VISIBILITY_SECONDS = 960
PLAIN_PARAMETERS = ("EnvironmentName", "ProcessedDataTable", "PythonRuntime", "Architecture")
PLAIN_MEMORY_MEGABYTES = 512
"""The memory of the services."""


def copy_with_baselines(folder: Path) -> Path:
    """Copy the deployed files into the folder, add the baselines, and return the root template.

    All handlers print their times. The durable baselines have our patches of the durable SDK as well.
    """
    changed_copy(folder)
    for name in ("orchestrator", *SERVICES):
        _append(folder / "services" / name / "src" / name / "handler.py", TIMED)
    template = folder / "infra" / "template.yaml"
    root = parse_template(template.read_text(encoding="utf-8"))
    resources = root["Resources"]
    for variant in DURABLE_BASELINES:
        resources[variant.name.capitalize()] = _durable(folder, variant, resources["Orchestrator"])
    resources["Plain"] = _plain(folder, resources["Storer"])
    write_template(template, root)
    return template


def write_template(path: Path, template: dict[str, Any]) -> None:
    """Write a template as JSON, which is YAML."""
    path.write_text(json.dumps(template, indent=1, default=str), encoding="utf-8")


def _durable(folder: Path, variant: Variant, nested: dict[str, Any]) -> dict[str, Any]:
    """Write the service of a durable baseline, and return its nested stack."""
    service = folder / "services" / variant.name
    shutil.copytree(folder / "services" / "orchestrator", service)
    for baseline in DURABLE_BASELINES:
        target = service / "src" / "orchestrator" / f"{baseline.name}.py"
        shutil.copyfile(BASELINE_FILES / target.name, target)
        _append(target, PATCH + TIMED)
    write_template(service / "template.yaml", _orchestrator(service / "template.yaml", variant))
    parameters = {**nested["Properties"]["Parameters"], "BatchSize": variant.batch_size}
    return nested | {"Properties": {"Location": f"../services/{variant.name}/template.yaml", "Parameters": parameters}}


def _orchestrator(template: Path, variant: Variant) -> dict[str, Any]:
    """Rename the orchestrator's template, and change its handler and its queue."""
    text = template.read_text(encoding="utf-8").replace(ORCHESTRATOR, variant.function)
    body = parse_template(text)
    body["Resources"] = {name: body["Resources"][name] for name in KEPT}
    body.pop("Outputs", None)
    body["Resources"]["Queue"] = _queue(variant.function)
    body["Resources"]["Function"]["Properties"]["Handler"] = f"orchestrator.{variant.name}.handler"
    body["Resources"]["EventSource"]["Properties"]["EventSourceArn"] = {"Fn::GetAtt": ["Queue", "Arn"]}
    return body


def _plain(folder: Path, storer: dict[str, Any]) -> dict[str, Any]:
    """Write the service with the ordinary functions, and return its nested stack.

    It is a copy of the storer, whose dependencies include those of the other services, with their packages in it.
    """
    service = folder / "services" / "plain"
    shutil.copytree(folder / "services" / "storer", service)
    for name in SERVICES:
        shutil.copytree(folder / "services" / name / "src" / name, service / "src" / name, dirs_exist_ok=True)
        # The build imports the only handler that it finds.
        (service / "src" / name / "handler.py").unlink()
    shutil.copytree(BASELINE_FILES / "plain", service / "src" / "plain", ignore=shutil.ignore_patterns("__pycache__"))
    for module in ("handler", "queues"):
        _append(service / "src" / "plain" / f"{module}.py", TIMED)
    packages = json.dumps([f"src/{name}" for name in (*SERVICES, "plain")])
    _replace(service / "pyproject.toml", 'packages = ["src/storer"]', f"packages = {packages}")
    _replace(service / "Makefile", "build-Function:", "build-%:")
    write_template(service / "template.yaml", _plain_template())
    given = storer["Properties"]["Parameters"]
    parameters = {name: given[name] for name in PLAIN_PARAMETERS}
    return storer | {"Properties": {"Location": "../services/plain/template.yaml", "Parameters": parameters}}


def _plain_template() -> dict[str, Any]:
    functions = {step: variant for variant in PLAIN for step in variant.steps}
    queues = {end for variant in PLAIN for end in variant.queues}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {name: {"Type": "String"} for name in PLAIN_PARAMETERS}
        | {"ProcessedDataTable": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Resources": {f"Queue{_logical(end)}": _queue(end) for end in sorted(queues)}
        | {f"Function{_logical(step)}": _function(step, variant) for step, variant in functions.items()},
    }


def _function(step: str, variant: Variant) -> dict[str, Any]:
    variables: dict[str, Any] = {
        "ENVIRONMENT": {"Ref": "EnvironmentName"},
        "PROCESSED_DATA_TABLE": {"Ref": "ProcessedDataTable"},
    }
    module = "handler" if len(variant.steps) == 1 else "queues"
    if module == "queues":
        variables |= {"STEP": step.rpartition("-")[2], **dict(_next_queue(step, variant))}
    return {
        "Type": "AWS::Serverless::Function",
        "Metadata": {"BuildMethod": "makefile"},
        "Properties": {
            "FunctionName": {"Fn::Sub": f"${{EnvironmentName}}{PREFIX}{step}"},
            "CodeUri": ".",
            "Handler": f"plain.{module}.handler",
            "Runtime": {"Ref": "PythonRuntime"},
            "Architectures": [{"Ref": "Architecture"}],
            "MemorySize": PLAIN_MEMORY_MEGABYTES,
            "Timeout": 60,
            "Environment": {"Variables": variables},
        },
    }


def _next_queue(step: str, variant: Variant) -> Iterator[tuple[str, dict[str, str]]]:
    later = variant.queues[variant.steps.index(step) + 1 :]
    if later:
        yield "NEXT_QUEUE_URL", {"Ref": f"Queue{_logical(later[0])}"}


def _queue(name: str) -> dict[str, Any]:
    properties = {"QueueName": {"Fn::Sub": f"${{EnvironmentName}}{name}"}, "VisibilityTimeout": VISIBILITY_SECONDS}
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def _logical(name: str) -> str:
    return "".join(word.capitalize() for word in name.removeprefix(PREFIX).split("-"))


def _append(path: Path, code: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(code)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise ValueError(f"{path} does not have {old!r}")
    path.write_text(text.replace(old, new), encoding="utf-8")
