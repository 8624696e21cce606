"""The stages in the tree, and the new one."""

from __future__ import annotations

import json
import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from new_stage.changed_files import EXPORTED
from new_stage.taken import what_has

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_LENGTH = 16
"""In characters: the description of the orchestrator's version lists all functions, and has at most 256 characters."""

YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
"""Booleans and null in YAML 1.1, which CloudFormation reads."""


class NewStageError(Exception):
    """The stage cannot be added; the message says why."""


@dataclass(frozen=True)
class Stage:
    """The names of a stage: of the stage itself, of its service, and of its variable."""

    name: str
    service: str
    variable: str
    """The orchestrator's environment variable with the function's ARN: `TRANSFORMATION_FUNCTION_ARN`."""

    @property
    def parameter(self) -> str:
        """The orchestrator's template parameter with the function's ARN: `TransformationFunctionArn`."""
        return "".join(word.capitalize() for word in self.variable.split("_"))

    @property
    def title(self) -> str:
        """The logical id of the service in templates."""
        return self.service.capitalize()


def new_and_former(root: Path, name: str, after: str) -> tuple[Stage, Stage]:
    """Describe a new stage, and find the stage that it follows.

    Raises:
        NewStageError: The name is taken, or is invalid for a Python package, a function or a stack; or no stage may
            follow the other.
    """
    path = root / EXPORTED
    if not path.is_file():
        raise NewStageError(f"there is no {EXPORTED} here; run this in the root of the repository")
    exported = json.loads(path.read_text("utf-8"))["stages"]
    stages = [Stage(one["name"], one["service"], one["variable"]) for one in exported]
    new = Stage(name, name, f"{name.upper()}_FUNCTION_ARN")
    _check_name(root, new, stages)
    *others, last = stages
    if after == last.name:
        raise NewStageError(f"a stage after {after} would contribute to records that are already stored")
    for former in others:
        if former.name == after:
            return new, former
    names = " or ".join(stage.name for stage in others)
    raise NewStageError(f"there is no stage {after!r}; a stage may follow {names}")


def _check_name(root: Path, new: Stage, stages: Sequence[Stage]) -> None:
    name = new.name
    if not re.fullmatch(rf"[a-z][a-z0-9]{{0,{MAX_LENGTH - 1}}}", name):
        raise NewStageError(
            f"{name!r} must be 1 to {MAX_LENGTH} lower-case letters and digits, the first a letter: a stack is named "
            "after it"
        )
    if keyword.iskeyword(name):
        raise NewStageError(f"{name!r} is a keyword of Python, and its package could not be imported")
    if name in YAML_WORDS:
        raise NewStageError(f"{name!r} is not text in YAML, and the templates could not name the service")
    if name in (stage.name for stage in stages):
        raise NewStageError(f"{name!r} is taken: it is the stage {name}")
    if taken := what_has(root, new):
        raise NewStageError(f"{name!r} is taken: {taken}")
