"""The templates as data: as they are written, and as SAM translates them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

Template = dict[str, Any]

_REPOSITORY = Path(__file__).parents[2]
_SERVICES = sorted(path.parent.name for path in (_REPOSITORY / "services").glob("*/template.yaml"))
_PATHS = {
    "root": _REPOSITORY / "infra/template.yaml",
    "shared": _REPOSITORY / "infra/shared/template.yaml",
    "monitoring": _REPOSITORY / "infra/monitoring/template.yaml",
} | {service: _REPOSITORY / f"services/{service}/template.yaml" for service in _SERVICES}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, `!Ref X`, read as their long forms, `{"Ref": "X"}`."""


def _intrinsic(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def _read(name: str) -> Template:
    return yaml.load(_PATHS[name].read_text(), _Loader)  # noqa: S506 - a safe loader with CloudFormation's tags


def _translate(
    template: Template, parameters: dict[str, str] | None = None, *, code: str = "s3://bucket/key"
) -> Template:
    """What SAM makes of a template once it is packaged: code and nested templates have addresses then."""
    packaged = copy.deepcopy(template)
    for resource in packaged["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = code
        if resource["Type"] == "AWS::Serverless::Application":
            resource["Properties"]["Location"] = "https://bucket.s3.amazonaws.com/key"
    return Translator({}, Parser()).translate(packaged, parameters or {})


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def translate() -> Callable[..., Template]:
    return _translate


@pytest.fixture
def read() -> Callable[[str], Template]:
    """Reads a template by its name."""
    return _read


@pytest.fixture
def root() -> Template:
    return _read("root")


@pytest.fixture
def shared() -> Template:
    """The template of the queues and the table."""
    return _read("shared")


@pytest.fixture
def monitoring() -> Template:
    """The template of the alarms and the dashboard."""
    return _read("monitoring")


@pytest.fixture
def orchestrator() -> Template:
    return _read("orchestrator")


@pytest.fixture
def services() -> list[str]:
    """The names of all services."""
    return list(_SERVICES)


@pytest.fixture(params=_SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """The name of each service in turn."""
    return request.param


@pytest.fixture
def template(service: str) -> Template:
    """The template of each service in turn."""
    return _read(service)


@pytest.fixture
def translated(template: Template) -> Template:
    """The template of each service in turn, as SAM translates it."""
    return _translate(template)


@pytest.fixture(params=_PATHS)
def any_template(request: pytest.FixtureRequest) -> Template:
    """Each template in turn: the root, the shared resources, the monitoring and each service."""
    return _read(request.param)


@pytest.fixture
def pipeline() -> Any:
    """What the orchestrator exports: its stages, and the limits that follow from them."""
    return json.loads((_REPOSITORY / "services/orchestrator/pipeline.json").read_text("utf-8"))


@pytest.fixture
def functions(pipeline: Any) -> dict[str, str]:
    """The orchestrator's parameter with the ARN of each stage's function, by service."""
    return {
        stage["service"]: "".join(word.capitalize() for word in stage["variable"].split("_"))
        for stage in pipeline["stages"]
    }
