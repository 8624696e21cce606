"""The templates as data: as written, and as SAM translates them."""

import copy
import json
from pathlib import Path
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

Template = dict[str, Any]

REPOSITORY = Path(__file__).parents[2]
SERVICES = sorted(path.parent.name for path in REPOSITORY.glob("services/*/template.yaml"))
PARTS = sorted(path.parent.name for path in REPOSITORY.glob("infra/*/template.yaml"))
"""The nested templates that are no services."""
BESIDE = {"deployment-role": "infra/github/deployment-role.yaml"}
"""The templates that an administrator deploys separately."""
NAMES = ("root", *PARTS, *SERVICES, *BESIDE)
PIPELINE = json.loads((REPOSITORY / "services/orchestrator/pipeline.json").read_text("utf-8"))
"""The orchestrator's export: its stages, and the limits derived from them."""


def read(name: str) -> Template:
    """Read a template (`root`, a part, a service, or a separate one), expanding short forms such as `!Ref`."""
    folder = "infra" if name == "root" else f"infra/{name}" if name in PARTS else f"services/{name}"
    path = BESIDE.get(name, f"{folder}/template.yaml")
    template: Template = yaml_parse((REPOSITORY / path).read_text("utf-8"))
    return template


def translate(
    template: Template, parameters: dict[str, str] | None = None, *, code: str = "s3://bucket/key"
) -> Template:
    """Return SAM's translation of a template after packaging, when code and nested templates have addresses."""
    packaged = copy.deepcopy(template)
    for resource in packaged["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = code
        if resource["Type"] == "AWS::Serverless::Application":
            resource["Properties"]["Location"] = "https://bucket.s3.amazonaws.com/key"
    translated: Template = Translator({}, Parser()).translate(packaged, parameters or {})
    return translated


def listed(value: Any) -> list[Any]:
    """A value of a policy, which may be one or a list."""
    return value if isinstance(value, list) else [value]


def of_type(template: Template, *kinds: str) -> dict[str, Any]:
    """The resources of some types, by their names."""
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] in kinds}


def properties(template: Template, kind: str) -> Any:
    """The properties of the only resource of a type."""
    (resource,) = of_type(template, kind).values()
    return resource["Properties"]


def function(template: Template) -> Any:
    """The properties of a service's function."""
    return template["Resources"]["Function"]["Properties"]
