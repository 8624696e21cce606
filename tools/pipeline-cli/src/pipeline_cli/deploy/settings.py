"""The settings of a deployment: infra/samconfig.toml, the names in SSM, and the command line, in this order."""

from __future__ import annotations

import shlex
import tomllib
from typing import TYPE_CHECKING

from local_aws.deploy.parameters import problems

from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_cli.deploy.stacks import Stack

_BUILT_FOR = ("PythonRuntime", "Architecture")


def section(settings: Path, environment: str) -> str:
    """Return the section of samconfig.toml for an environment: its own, or the default one."""
    sections = tomllib.loads(settings.read_text(encoding="utf-8"))
    return environment if isinstance(sections.get(environment), dict) else "default"


def parameters(
    stack: Stack, environment: str, settings: Path, own: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return the parameters of a deployment; raises DeployError if ``given`` has a name or value that it refuses.

    ``own`` are those of the target. Parameters of the root in samconfig.toml also apply to the parts that have them.
    """
    unknown = sorted(given.keys() - stack.parameters.keys())
    if unknown:
        raise DeployError(
            f"{stack.template} has no parameter {', '.join(unknown)}, only {', '.join(sorted(stack.parameters))}"
        )
    for problem in problems(stack.parameters, given):
        raise DeployError(problem)
    sections = tomllib.loads(settings.read_text(encoding="utf-8"))
    configured = sections[section(settings, environment)]["deploy"]["parameters"].get("parameter_overrides", "")
    # Passed even if they are the defaults: the build is for these, and a stack would keep its old values otherwise.
    chosen = {name: str(stack.parameters[name]["Default"]) for name in _BUILT_FOR if name in stack.parameters}
    chosen |= dict(pair.split("=", 1) for pair in shlex.split(configured))
    chosen |= dict(own) | stack.discovered(environment) | {"EnvironmentName": environment} | dict(given)
    return {name: value for name, value in chosen.items() if name in stack.parameters}


def build_target(chosen: Mapping[str, str]) -> str | None:
    """Return the build target of the packages, in the form of tools/service-build; None without functions."""
    if not all(name in chosen for name in _BUILT_FOR):
        return None
    return "-".join(chosen[name] for name in _BUILT_FOR)
