"""The name of a stage, and what is derived from it."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from new_stage.errors import NewStageError

if TYPE_CHECKING:
    from pathlib import Path

    from new_stage.stages import Stage, Stages

MAX_LENGTH = 16
"""Characters: the description of the orchestrator's version has the names of all functions, and 256 characters."""


@dataclass(frozen=True)
class Names:
    """Those of a new stage, and the stage that it follows."""

    name: str
    after: Stage

    @property
    def title(self) -> str:
        """Its logical id in templates."""
        return self.name.capitalize()

    @property
    def parameter(self) -> str:
        """The orchestrator's template parameter with its function's ARN."""
        return f"{self.title}FunctionArn"

    @property
    def variable(self) -> str:
        """The environment variable with that ARN."""
        return f"{self.name.upper()}_FUNCTION_ARN"


def check_name(name: str, stages: Stages, root: Path) -> None:
    """Check that a stage can have a name.

    Raises:
        NewStageError: It is taken, or cannot be the name of a Python package, a function and a stack.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise NewStageError(f"{name!r} is no Python identifier, which a service's package needs")
    if not re.fullmatch(rf"[a-z][a-z0-9]{{0,{MAX_LENGTH - 1}}}", name):
        raise NewStageError(
            f"{name!r} must be 1 to {MAX_LENGTH} lower-case letters and digits: a stack is named after it"
        )
    for stage in stages.stages:
        if name in (stage.name, stage.service):
            raise NewStageError(f"{name!r} is taken: it is the {'stage' if name == stage.name else 'service'} {name}")
    if (root / "services" / name).exists():
        raise NewStageError(f"{name!r} is taken: there is a folder services/{name}")
    if name in sys.stdlib_module_names or importlib.util.find_spec(name):
        raise NewStageError(f"{name!r} is taken: a Python module has that name, and its package would hide it")
