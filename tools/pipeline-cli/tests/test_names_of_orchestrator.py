"""The names by which a trace recognizes operations and log lines are the orchestrator's own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pipeline_cli.executions import following, log_search

ORCHESTRATOR = Path(__file__).parents[3] / "services/orchestrator/src/orchestrator"


def strings_in(module: str) -> set[str]:
    tree = ast.parse((ORCHESTRATOR / f"{module}.py").read_text("utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_operations_have_the_names_that_are_looked_for() -> None:
    tree = ast.parse((ORCHESTRATOR / "operations.py").read_text("utf-8"))
    named = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }

    assert named
    assert {name: getattr(following, name, None) for name in named} == named


@pytest.mark.parametrize(
    ("module", "message"),
    [("reporting", log_search.RECEIVED), ("steps", log_search.REJECTED), ("steps", log_search.FAILED)],
)
def test_a_log_line_has_the_words_that_are_looked_for(module: str, message: str) -> None:
    assert message in strings_in(module)
