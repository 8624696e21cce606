"""The pipeline and its baselines, deployed side by side: same services, same table, a queue each."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY, changed_copy
from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

BASELINE_FILES = REPOSITORY / "bench" / "baselines"
KEPT = ("Function", "EventSource", "LogGroup", "Role")
"""Of the orchestrator's template; what it tells others, nobody asks a baseline."""
NAME = "-durable-pipeline-orchestrator"


@dataclass(frozen=True)
class Variant:
    """One way to write the orchestrator."""

    name: str
    batch_size: int
    """What is common for it."""

    @property
    def function(self) -> str:
        """The end of its function's name."""
        return NAME if self.name == "ours" else f"-durable-pipeline-{self.name}"


OURS = Variant("ours", 100)
LOOP = Variant("loop", 5)
MAP = Variant("map", 10)
BASELINES = (LOOP, MAP)

PARAMETERS = {
    "EnvironmentName": "bench",
    "BatchSize": str(OURS.batch_size),
    # Executions of each variant at once: the fewest that a mapping takes, and one for each of two cores.
    "MaximumConcurrency": "2",
}
"""Of the root template."""

PATCH = "from orchestrator import sdk_patch\n\nsdk_patch.patch()\n"


def copy_with_baselines(folder: Path, *, patched: bool = False) -> Path:
    """Copy what is deployed into the folder, add the baselines, and give the root template.

    With ``patched``, the baselines have our patches of the durable SDK, too.
    """
    changed_copy(folder)
    timed = (BASELINE_FILES / "timed.py").read_text(encoding="utf-8")
    for name in ("orchestrator", *SERVICES):
        _append(folder / "services" / name / "src" / name / "handler.py", timed)
    template = folder / "infra" / "template.yaml"
    root = parse_template(template.read_text(encoding="utf-8"))
    nested = root["Resources"]["Orchestrator"]
    for variant in BASELINES:
        service = folder / "services" / variant.name
        shutil.copytree(folder / "services" / "orchestrator", service)
        for baseline in BASELINES:
            target = service / "src" / "orchestrator" / f"{baseline.name}.py"
            shutil.copyfile(BASELINE_FILES / target.name, target)
            _append(target, PATCH + timed if patched else timed)
        _write(service / "template.yaml", _baseline(service / "template.yaml", variant))
        root["Resources"][variant.name.capitalize()] = nested | {
            "Properties": {
                "Location": f"../services/{variant.name}/template.yaml",
                "Parameters": {**nested["Properties"]["Parameters"], "BatchSize": variant.batch_size},
            }
        }
    _write(template, root)
    return template


def _baseline(template: Path, variant: Variant) -> dict[str, Any]:
    """Give the orchestrator's template another name, another handler and a queue of its own."""
    text = template.read_text(encoding="utf-8").replace(NAME, variant.function)
    body = parse_template(text)
    body["Resources"] = {name: body["Resources"][name] for name in KEPT}
    body.pop("Outputs", None)
    body["Resources"]["Queue"] = {
        "Type": "AWS::SQS::Queue",
        "Properties": {"QueueName": {"Fn::Sub": f"${{EnvironmentName}}{variant.function}"}, "VisibilityTimeout": 960},
    }
    body["Resources"]["Function"]["Properties"]["Handler"] = f"orchestrator.{variant.name}.handler"
    body["Resources"]["EventSource"]["Properties"]["EventSourceArn"] = {"Fn::GetAtt": ["Queue", "Arn"]}
    return body


def _append(path: Path, code: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(code)


def _write(path: Path, template: dict[str, Any]) -> None:
    path.write_text(json.dumps(template, indent=1, default=str), encoding="utf-8")
