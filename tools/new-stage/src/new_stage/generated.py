"""Files that follow from the stages: each is written by the tool that owns it, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from new_stage.errors import NewStageError
from new_stage.registration import ORCHESTRATOR
from new_stage.stages import EXPORTED

if TYPE_CHECKING:
    from pathlib import Path

    from new_stage.edits import Edits

ASYNCAPI = "contracts/asyncapi.yaml"
README = "README.md"


def regenerate(edits: Edits, name: str) -> None:
    """Write what the orchestrator exports, the AsyncAPI document, and the history of the orchestrator's new version."""
    # The order of the imports depends on the name.
    _run(edits.root, "-m", "ruff", "check", "--quiet", "--select", "I", "--fix", f"services/{name}")
    _run(edits.root, "-m", "ruff", "format", "--quiet", f"services/{name}")
    edits.keep(edits.root / EXPORTED)
    edits.keep(edits.root / ASYNCAPI)
    exported = _run(edits.root, "-m", "orchestrator.export")
    (edits.root / EXPORTED).write_text(exported, "utf-8")
    _write_worst_case(edits, json.loads(exported)["worst_case_seconds"])
    _run(edits.root, "-m", "pipeline_asyncapi", ".")
    _record_history(edits)


def _write_worst_case(edits: Edits, seconds: int) -> None:
    """Bring the README up to date, where it says how long an execution takes at most."""
    edits.set(README, re.sub(r"takes at most \d+ s;", f"takes at most {seconds} s;", edits.read(README)))
    edits.write()


def _record_history(edits: Edits) -> None:
    """Release the orchestrator as the next minor version: executions of the one before do not have the stage."""
    folder = edits.root / ORCHESTRATOR / "tests/golden"
    for path in folder.glob("*.json"):
        edits.keep(path)
        path.unlink()
    name = f"{ORCHESTRATOR}/pyproject.toml"
    project = edits.read(name)
    major, minor = map(int, re.findall(r'(?m)^version = "(\d+)\.(\d+)\.\d+"$', project)[0])
    version = f"{major}.{minor + 1}.0"
    edits.set(name, re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project, count=1))
    edits.write()
    edits.keep(folder / f"{version}.json")
    # From the orchestrator's folder, where pytest finds its settings.
    tests = ("-m", "pytest", "--quiet", "-p", "no:cacheprovider", "tests/test_golden.py")
    _run(edits.root / ORCHESTRATOR, *tests, RECORD_GOLDEN="1")


def _run(folder: Path, *arguments: str, **environment: str) -> str:
    ended = subprocess.run(  # noqa: S603 -- words of this file
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip()
        raise NewStageError(f"{' '.join(arguments)} failed:\n{said}")
    return ended.stdout
