"""Files derived from the stages: each is written by the tool that owns it, in a separate process."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from new_stage.changed_files import EXPORTED, GOLDEN, LIMITS_PAGE, ORCHESTRATOR, ORCHESTRATOR_PROJECT
from new_stage.tool_process import run_tool

if TYPE_CHECKING:
    from pathlib import Path


def regenerate(root: Path, service: str) -> None:
    """Write the orchestrator's export, the AsyncAPI document, and the history of the orchestrator's new version."""
    # The order of imports depends on the name.
    run_tool(root, "-m", "ruff", "check", "--quiet", "--select", "I", "--fix", f"services/{service}")
    run_tool(root, "-m", "ruff", "format", "--quiet", f"services/{service}")
    exported = run_tool(root, "-m", "orchestrator.export")
    (root / EXPORTED).write_text(exported, "utf-8")
    worst_case = json.loads(exported)["worst_case_seconds"]
    _substitute(root / LIMITS_PAGE, r"takes at most \d+ s;", f"takes at most {worst_case} s;")
    run_tool(root, "-m", "pipeline_asyncapi", ".")
    _release_orchestrator(root)


def _release_orchestrator(root: Path) -> None:
    """Release it as the next minor version: executions of the previous one do not have the stage."""
    for path in (root / GOLDEN).glob("*.json"):
        path.unlink()
    project = root / ORCHESTRATOR_PROJECT
    major, minor = map(int, re.findall(r'(?m)^version = "(\d+)\.(\d+)\.\d+"$', project.read_text("utf-8"))[0])
    _substitute(project, r'(?m)^version = ".*"$', f'version = "{major}.{minor + 1}.0"')
    # In the orchestrator's folder, where pytest finds its settings.
    tests = ("-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests/test_golden.py")
    run_tool(root / ORCHESTRATOR, *tests, RECORD_GOLDEN="1")


def _substitute(path: Path, pattern: str, text: str) -> None:
    path.write_text(re.sub(pattern, text, path.read_text("utf-8"), count=1), "utf-8")
