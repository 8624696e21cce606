"""The places where a stage is registered: the entries of the stage before it, repeated with the new name."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from new_stage.changed_files import FUZZ_PROJECT, METRICS, MONITORING, ORCHESTRATOR_TEMPLATE, ROOT_TEMPLATE, STAGES
from new_stage.service import MODEL
from new_stage.stages import NewStageError

if TYPE_CHECKING:
    from pathlib import Path

    from new_stage.stages import Stage


def register(root: Path, new: Stage, former: Stage) -> None:
    """Register a stage in the orchestrator, the root template, monitoring, and the tests that import all services.

    Raises:
        NewStageError: A file has unexpected content; the message says what is missing.
    """
    _declare(root / STAGES, new, former)

    template = _File(root / ORCHESTRATOR_TEMPLATE, new, former)
    template.copy_block(f"  {former.parameter}:")
    template.copy_lines(f"{former.variable}: !Ref")
    template.copy_lines(f"- !Ref {former.parameter}")
    # The first of these names starts the mapping, which is an entry of a list.
    template.copy_lines(f" {former.title}: !Join", first_of_list=True)
    template.replace(f"${{{former.title}}}, ", f"${{{former.title}}}, ${{{new.title}}}, ")
    template.write()

    template = _File(root / ROOT_TEMPLATE, new, former)
    template.add_service(MODEL)
    template.copy_lines(f"{former.parameter}: !GetAtt")
    template.write()

    template = _File(root / MONITORING, new, former)
    template.copy_block(f"        - Id: {former.service}")
    template.copy_lines(f'"${{EnvironmentName}}-durable-pipeline-{former.service}"')
    template.write()

    metrics = _File(root / METRICS, new, former)
    (emitted,) = re.findall(rf"  - dimensions: {{service: {former.service}}}\n.*\n", metrics.text)
    own = f"  - dimensions: {{service: {new.service}}}\n    metrics: [RecordsContributed, RecordsNotContributed]\n"
    metrics.replace(emitted, emitted + own)
    metrics.write()

    fuzz = _File(root / FUZZ_PROJECT, new, former)
    fuzz.copy_lines(f'"durable-pipeline-{former.service}",')
    fuzz.write()


def _declare(path: Path, new: Stage, former: Stage) -> None:
    text = path.read_text("utf-8")
    ends = [
        node.end_lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and node.args and getattr(node.args[0], "value", "") == former.name
    ]
    if len(ends) != 1 or not ends[0]:
        raise NewStageError(f"stages.py has no entry for the stage {former.name}")
    lines = text.split("\n")
    lines.insert(ends[0], f'    contribution("{new.name}"),')
    declared = "\n".join(lines)
    if "import Stage, contribution" not in declared:
        declared = declared.replace("stage import Stage\n", "stage import Stage, contribution\n", 1)
    path.write_text(declared, "utf-8")


@dataclass
class _File:
    """A file in which parts about the former stage are repeated right after it, with the new stage's names."""

    path: Path
    new: Stage
    former: Stage

    def __post_init__(self) -> None:
        self.text = self.path.read_text("utf-8")

    def write(self) -> None:
        self.path.write_text(self.text, "utf-8")

    def copy_block(self, header: str) -> None:
        """Copy the line `header`, and the lines below it that are indented further."""
        block = self._block(header)
        self.replace(block, block + self._renamed(block))

    def add_service(self, model: str) -> None:
        """Add the new service after the former one, with the parameters of the model: the former may have its own."""
        block = self._block(f"  {model.capitalize()}:")
        own = block.replace(model.capitalize(), self.new.title).replace(model, self.new.service)
        former = self._block(f"  {self.former.title}:")
        self.replace(former, former + own)

    def copy_lines(self, holding: str, *, first_of_list: bool = False) -> None:
        """Copy each line that contains a text; the copy of the first entry of a list continues the list."""
        lines = []
        for line in self.text.splitlines(keepends=True):
            lines.append(line)
            if holding in line:
                copied = self._renamed(line)
                lines.append(copied.replace("- ", "  ", 1) if first_of_list else copied)
        if "".join(lines) == self.text:
            raise NewStageError(f"expected a line with {holding!r} in {self.path}, and found none")
        self.text = "".join(lines)

    def replace(self, old: str, new: str) -> None:
        """Replace a text that occurs exactly once."""
        if self.text.count(old) != 1:
            raise NewStageError(f"expected {old!r} once in {self.path}, found it {self.text.count(old)} times")
        self.text = self.text.replace(old, new)

    def _block(self, header: str) -> str:
        indent = len(header) - len(header.lstrip())
        blocks = re.findall(rf"^{re.escape(header)}\n(?: {{{indent + 1}}}.*\n|\n)*", self.text, re.MULTILINE)
        if len(blocks) != 1:
            raise NewStageError(f"expected one line {header.strip()!r} in {self.path}, found {len(blocks)}")
        return str(blocks[0])

    def _renamed(self, text: str) -> str:
        names = {
            self.former.parameter: self.new.parameter,
            self.former.variable: self.new.variable,
            self.former.title: self.new.title,
            self.former.service: self.new.service,
        }
        # All at once, because a new name may contain a former one.
        return re.sub("|".join(names), lambda found: names[found[0]], text)
