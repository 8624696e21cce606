"""The stages that there are, as the orchestrator exports them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from new_stage.errors import NewStageError

if TYPE_CHECKING:
    from pathlib import Path

EXPORTED = "services/orchestrator/pipeline.json"


@dataclass(frozen=True)
class Stage:
    """What is needed of a stage."""

    name: str
    service: str
    variable: str

    @property
    def parameter(self) -> str:
        """The orchestrator's template parameter with the function's ARN: `TransformationFunctionArn`."""
        return "".join(word.capitalize() for word in self.variable.split("_"))


@dataclass(frozen=True)
class Stages:
    """All of them, in their order."""

    stages: tuple[Stage, ...]

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the exported file."""
        path = root / EXPORTED
        if not path.is_file():
            raise NewStageError(f"there is no {EXPORTED} here; run this in the root of the repository")
        exported = json.loads(path.read_text("utf-8"))["stages"]
        return cls(tuple(Stage(one["name"], one["service"], one["variable"]) for one in exported))

    def __getitem__(self, name: str) -> Stage:
        """Find a stage by its name."""
        return next(stage for stage in self.stages if stage.name == name)

    def check_after(self, name: str) -> None:
        """Check that a stage can follow another.

        Raises:
            NewStageError: There is no stage of that name, or it is the last, after which nothing is stored.
        """
        *others, last = [stage.name for stage in self.stages]
        if name == last:
            raise NewStageError(f"a stage after {last} would contribute to records that are stored already")
        if name not in others:
            raise NewStageError(f"there is no stage {name!r}; a stage may follow {' or '.join(others)}")
