"""The parameters of the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_aws.deploy.transform import parse_template

from docs_site import REPOSITORY
from docs_site.reference.table import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "root"


Parameter = dict[str, Any]


def of_the_root() -> list[str]:
    """Return a table of the root's parameters, with the parts that have them as well."""
    stacks = _stacks()
    rows = [(*_row(name, one), _having(name, stacks)) for name, one in stacks[ROOT].items()]
    return table(("parameter", "default", "allowed", "description", "also a parameter of"), rows)


def of_parts_only() -> list[str]:
    """Return a table of the parameters that the root passes to a part, or that only a separately deployed part has."""
    stacks = _stacks()
    found = {
        name: one for parameters in stacks.values() for name, one in parameters.items() if name not in stacks[ROOT]
    }
    rows = [(*_row(name, one), _having(name, stacks)) for name, one in sorted(found.items())]
    return table(("parameter", "default", "allowed", "description", "parameter of"), rows)


def _stacks() -> dict[str, dict[str, Parameter]]:
    """Return the parameters of each template, by the name of its stack in `deploy`."""
    paths = sorted((*REPOSITORY.glob("infra/*/template.yaml"), *REPOSITORY.glob("services/*/template.yaml")))
    named = {ROOT: REPOSITORY / "infra/template.yaml"} | {path.parent.name: path for path in paths}
    return {name: parse_template(path.read_text("utf-8"))["Parameters"] for name, path in named.items()}


def _row(name: str, parameter: Parameter) -> tuple[str, str, str, str]:
    default = "none" if parameter.get("Default") == "" else code(str(parameter.get("Default", "")))
    return code(name), default, ", ".join(_allowed(parameter)), str(parameter["Description"])


def _allowed(parameter: Parameter) -> Iterator[str]:
    if "AllowedValues" in parameter:
        yield from (code(str(value)) for value in parameter["AllowedValues"])
    elif "MinValue" in parameter:
        yield f"{parameter['MinValue']:,} to {parameter['MaxValue']:,}"
    elif "ConstraintDescription" in parameter:
        yield str(parameter["ConstraintDescription"])


def _having(name: str, stacks: dict[str, dict[str, Parameter]]) -> str:
    parts = [stack for stack in stacks if stack != ROOT]
    having = [stack for stack in parts if name in stacks[stack]]
    return "all parts" if having == parts else ", ".join(having)
