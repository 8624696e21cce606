"""The commands that documents and help name exist, and each alarm leads to one."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from pipeline_cli.app import ENTRY_POINTS, app
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
RUNBOOK = (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")
DOCUMENTS = [
    REPOSITORY / "README.md",
    *(path for path in REPOSITORY.glob("docs/**/*.md") if path.parent.name != "reference"),  # that is generated
    *REPOSITORY.glob("tools/*/README.md"),
]
# Commands that other packages add are not installed with this one.
FURTHER = {
    name
    for path in REPOSITORY.glob("tools/*/pyproject.toml")
    for name in tomllib.loads(path.read_text("utf-8"))["project"].get("entry-points", {}).get(ENTRY_POINTS, {})
}
COMMAND = re.compile(r"\./nox -s pipeline -- ([a-z][^`\n#]*?)(?= -->|[`\n#])")
ROOT = typer.main.get_command(app)
assert isinstance(ROOT, TyperGroup)
ALARMS = re.split(r"^### ", RUNBOOK[RUNBOOK.index("## Alarms") :], flags=re.MULTILINE)[1:]


@pytest.mark.parametrize(
    "line",
    sorted(
        line
        for line in {line for one in DOCUMENTS for line in COMMAND.findall(one.read_text("utf-8"))}
        if line.split()[0] not in FURTHER
    ),
)
def test_a_command_that_is_named_is_there_with_its_options(line: str) -> None:
    name, *words = shlex.split(line)
    command: Any = ROOT
    while isinstance(command, TyperGroup):
        assert name in command.commands, line
        command = command.commands[name]
        if isinstance(command, TyperGroup):
            name, *words = words
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, line


def examples(group: TyperGroup, *path: str) -> Iterator[Any]:
    """Yield each command below a group, with its path and its help."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from examples(command, *path, name)
        else:
            yield pytest.param(command, (*path, name), id=" ".join((*path, name)))


@pytest.mark.parametrize(("command", "path"), [*examples(ROOT)])
def test_the_example_in_the_help_of_a_command_is_of_that_command(command: TyperCommand, path: tuple[str, ...]) -> None:
    (example,) = re.findall(r"^Example: \./nox -s pipeline -- (.+)$", command.help or "", re.MULTILINE)

    words = shlex.split(example)
    assert tuple(words[: len(path)]) == path
    assert command.make_context(path[-1], words[len(path) :])  # it parses


@pytest.mark.parametrize("section", ALARMS, ids=lambda section: section.splitlines()[0])
def test_an_alarm_leads_to_a_command(section: str) -> None:
    assert COMMAND.search(section)
