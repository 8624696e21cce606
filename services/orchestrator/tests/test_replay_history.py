"""`python tests/replay_history.py FILE`, as a separate process on a copy of the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import continuation
import downloads
import history
import orchestrator
import pytest
from aws_history import history_of
from downloads import EVERYTHING
from pipeline import body
from recorder import record
from replay_history import BREAKS, MAX_SAVED_BYTES, PASSES, UNUSABLE

TESTS, SOURCE = Path(__file__).parent, Path(orchestrator.__file__).parent


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the orchestrator and of its tests, with no file in the golden set."""
    shutil.copytree(TESTS, tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__", "*.json", "contract"))
    shutil.copytree(SOURCE, tmp_path / "src/orchestrator", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return downloads.document(EVERYTHING)


def replayed(copied: Path, held: object, *options: str) -> tuple[int, str]:
    file = copied / "history.json"
    file.write_text(held if isinstance(held, str) else json.dumps(held), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(copied / "tests/replay_history.py"), str(file), *options],
        env=os.environ | {"PYTHONPATH": str(copied / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return ended.returncode, ended.stdout


def test_the_verdict_is_alone_on_the_standard_output(copied: Path, document: dict[str, Any]) -> None:
    status, text = replayed(copied, document)

    assert (status, text.count("\n")) == (PASSES, 1)
    count = len(history_of(document).end)
    assert re.search(rf"the same {count} operations, from each of \d+ points of the execution to its end\.", text)


def test_what_would_break_an_execution_in_flight_is_named(copied: Path, document: dict[str, Any]) -> None:
    operations = copied / "src/orchestrator/operations.py"
    before = operations.read_text("utf-8")
    operations.write_text(before.replace('CHUNKS = "chunks"', 'CHUNKS = "parts"'), "utf-8")

    status, text = replayed(copied, document)

    assert operations.read_text("utf-8") != before
    assert status == BREAKS
    assert "An execution like this, in flight after 1 of its" in text
    assert "CONTEXT 'parts' is where the history has CONTEXT 'chunks'" in text
    assert "Keep the operation's name" in text


def test_a_saved_execution_is_one_of_the_golden_set(
    copied: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text = replayed(copied, document, "--save", "two-chunks")

    assert status == PASSES
    assert str(copied / "tests/golden/two-chunks.json") in text
    monkeypatch.setattr(history, "FOLDER", copied / "tests/golden")
    (saved,) = history.read("two-chunks").values()
    assert saved == history_of(document)
    continuation.check(saved)


@pytest.mark.parametrize(
    ("held", "save", "problem"),
    [
        ("text", None, "not a JSON file"),
        ("{}", None, "no history"),
        (None, "Not a name", "'Not a name' is not a valid file name"),
        (None, "../up", "'../up' is not a valid file name"),
        (None, "taken", "taken.json exists already"),
    ],
)
def test_what_cannot_be_replayed_or_saved_is_refused_with_the_reason(
    copied: Path, document: dict[str, Any], held: str | None, save: str | None, problem: str
) -> None:
    (copied / "tests/golden/taken.json").touch()

    status, text = replayed(copied, held or document, *(["--save", save] if save else []))

    assert status == UNUSABLE
    assert problem in text
    assert [path.name for path in (copied / "tests/golden").iterdir()] == ["taken.json"]


def test_an_execution_too_large_for_the_golden_set_is_not_saved(copied: Path, document: dict[str, Any]) -> None:
    recorded = record(100, tuple(body(n=n, mark="x" * 10_000) for n in range(60)))
    held = downloads.downloaded(recorded.events)

    status, text = replayed(copied, held, "--save", "large")

    assert status == UNUSABLE
    assert f"the maximum is {MAX_SAVED_BYTES:,}: save one with fewer messages" in text
    assert not (copied / "tests/golden/large.json").exists()
