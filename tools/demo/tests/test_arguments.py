"""What the commands refuse before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commands import PATIENCE, command, run_folders
from conftest import toy_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A repository in which nothing has run."""
    return toy_repository(tmp_path / "fresh")


def refusal(repository: Path, *words: str, status: int = 1) -> str:
    """Give the one line that a command ends with, before it has started anything."""
    process = command(repository, "demo", *words)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, output + errors
    assert "Traceback" not in errors
    assert output == ""
    assert not run_folders(repository)
    return errors.splitlines()[-1]


def test_a_report_into_a_folder_is_refused(fresh: Path, tmp_path: Path) -> None:
    assert refusal(fresh, "--report", str(tmp_path)) == (
        f"error: the report cannot be written to {tmp_path}: Is a directory"
    )


def test_a_report_below_a_file_is_refused(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")

    told = refusal(fresh, "--report", str(tmp_path / "file" / "report.json"))

    assert told.startswith(f"error: the report cannot be written to {tmp_path}/file/report.json: ")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_report_that_can_be_written_is_not_touched_before_the_end(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept")
    for name in ("old", "new"):
        assert "input" in refusal(fresh, "--report", str(tmp_path / name), "--input", str(tmp_path / "nowhere"))

    assert (tmp_path / "old").read_text() == "kept"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("count", ["1000000000", "100001", "9" * 5000, "-1", "many", "1.5", "²"])
def test_more_messages_than_a_run_follows_are_refused(fresh: Path, count: str) -> None:
    told = refusal(fresh, "--count", count, status=2)

    assert "argument --count: expected a number from 0 to 100,000, got " in told


def test_a_larger_input_than_a_run_keeps_is_refused(fresh: Path) -> None:
    assert "has more than 268,435,456 bytes" in refusal(fresh, "--input", "/dev/zero")


def test_an_input_of_more_lines_than_a_run_follows_is_refused(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "input").write_text("x\n" * 100_001)

    assert "has more than 100,000 messages" in refusal(fresh, "--input", str(tmp_path / "input"))


def test_a_checkout_that_cannot_be_written_is_refused_in_a_sentence(fresh: Path) -> None:
    (fresh / ".emulator").touch()  # nobody may make a folder there, root included

    process = command(fresh, "demo", "--count", "1")
    _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert f"error: {fresh}/.emulator/runs cannot be written: " in errors
    assert "Traceback" not in errors
