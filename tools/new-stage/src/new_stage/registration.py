"""Where a stage is registered: what the stage before it has there, once more with the new name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from new_stage.errors import NewStageError
from new_stage.text import copy_block, copy_lines, renamed, replace_once

if TYPE_CHECKING:
    from new_stage.edits import Edits
    from new_stage.names import Names

ORCHESTRATOR = "services/orchestrator"


def register(edits: Edits, names: Names) -> None:
    """Register a stage in the orchestrator, in the root template and in monitoring."""
    _declare(edits, names)
    _in_orchestrator_template(edits, names)
    _in_root_template(edits, names)
    _in_monitoring(edits, names)


def _declare(edits: Edits, names: Names) -> None:
    path = f"{ORCHESTRATOR}/src/orchestrator/stages.py"
    text = edits.read(path)
    lines = text.split("\n")
    lines.insert(_end_of_entry(text, names.after.name), f'    contribution("{names.name}"),')
    text = "\n".join(lines)
    if "import Stage, contribution" not in text:
        text = replace_once(
            text, "from orchestrator.stage import Stage\n", "from orchestrator.stage import Stage, contribution\n"
        )
    edits.set(path, text)


def _end_of_entry(text: str, name: str) -> int:
    """Find the last line of a stage's entry in the tuple `STAGES`."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "STAGES":
            assert isinstance(node.value, ast.Tuple)  # noqa: S101 -- by its type
            for entry in node.value.elts:
                if isinstance(entry, ast.Call) and getattr(entry.args[0], "value", "") == name:
                    return entry.end_lineno or entry.lineno
    raise NewStageError(f"stages.py has no entry for the stage {name}")


def _in_orchestrator_template(edits: Edits, names: Names) -> None:
    path = f"{ORCHESTRATOR}/template.yaml"
    text = edits.read(path)
    after, title = names.after, names.after.service.capitalize()
    own = {
        after.parameter: names.parameter,
        after.variable: names.variable,
        title: names.title,
        after.service: names.name,
    }
    text = copy_block(text, f"  {after.parameter}:", own)
    text = copy_lines(text, f"{after.variable}: !Ref", own)
    text = copy_lines(text, f"- !Ref {after.parameter}", own)
    # The first of these names begins the mapping, which is an entry of a list.
    (named,) = (line for line in text.split("\n") if f" {title}: !Join" in line)
    text = replace_once(text, named, f"{named}\n{renamed(named, own).replace('- ', '  ', 1)}")
    text = replace_once(text, f"${{{title}}}, ", f"${{{title}}}, ${{{names.title}}}, ")
    edits.set(path, text)


def _in_root_template(edits: Edits, names: Names) -> None:
    path = "infra/template.yaml"
    text = edits.read(path)
    title = names.after.service.capitalize()
    text = copy_block(text, f"  {title}:", {names.after.service: names.name, title: names.title})
    text = copy_lines(
        text,
        f"{names.after.parameter}: !GetAtt",
        {names.after.parameter: names.parameter, title: names.title},
    )
    edits.set(path, text)


def _in_monitoring(edits: Edits, names: Names) -> None:
    path = "infra/monitoring/template.yaml"
    text = edits.read(path)
    own = {names.after.service: names.name}
    text = copy_block(text, f"        - Id: {names.after.service}", own)
    text = copy_lines(text, f'"${{EnvironmentName}}-durable-pipeline-{names.after.service}"', own)
    edits.set(path, text)

    path = "infra/monitoring/metrics.yaml"
    text = edits.read(path)
    block = f"  - dimensions: {{service: {names.after.service}}}"
    own_block = f"{renamed(block, own)}\n    metrics: [RecordsContributed, RecordsNotContributed]"
    start = text.index(block)
    end = text.index("\n", text.index("\n", start) + 1)
    edits.set(path, f"{text[:end]}\n{own_block}{text[end:]}")
