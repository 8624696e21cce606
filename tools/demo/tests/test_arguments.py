"""Arguments that the commands refuse before they start anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commands import demo, run_folders
from conftest import toy_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A repository in which nothing has run."""
    return toy_repository(tmp_path / "fresh")


def refusal(repository: Path, *words: str, status: int = 1, starts: bool = False, **environment: str) -> str:
    """Return the error of a command, by default before it has started anything."""
    ended, output, errors = demo(repository, *words, **environment)
    assert ended == status, output + errors
    assert "Traceback" not in errors
    assert starts or (output == "" and not run_folders(repository))
    return errors.splitlines()[-1]


@pytest.mark.parametrize("name", ["", "file/report.json"])
def test_a_report_that_cannot_be_written_is_refused(fresh: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("kept")

    told = refusal(fresh, "--report", str(tmp_path / name))

    assert told.startswith(f"error: the report cannot be written to {tmp_path / name}: ")
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


@pytest.mark.parametrize("words", [("--samples",), ("--port", "20450")])
def test_what_only_local_has_is_refused(fresh: Path, words: tuple[str, ...]) -> None:
    assert "unrecognized arguments: --" in refusal(fresh, *words, status=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--input", "/dev/zero"), "has more than 268,435,456 bytes"),
        (("--input", "long"), "has more than 100,000 messages"),
        (
            ("--input", "nowhere.jsonl"),
            "the input cannot be read: [Errno 2] No such file or directory: 'nowhere.jsonl'",
        ),
    ],
)
def test_an_input_that_cannot_be_read_or_is_more_than_a_run_follows_is_refused(
    fresh: Path, words: tuple[str, ...], told: str
) -> None:
    (fresh / "long").write_text("x\n" * 100_001)

    assert told in refusal(fresh, *words)


def test_without_ministack_the_command_says_so(fresh: Path) -> None:
    assert refusal(fresh, "--count", "1", MINISTACK_PYTHON="") == (
        "error: MINISTACK_PYTHON is not set; "
        "it has to name the python of an environment in which ministack is installed"
    )


def test_a_parameter_that_the_template_does_not_have_is_refused(fresh: Path) -> None:
    words = ("--count", "1", "--parameter", "BatchSizes=3")

    assert "the root template has no parameter BatchSizes" in refusal(fresh, *words, starts=True)


def test_outside_the_repository_the_command_says_so(tmp_path: Path) -> None:
    assert "there is no infra/template.yaml" in refusal(tmp_path)


def test_a_checkout_that_cannot_be_written_is_refused_in_a_sentence(fresh: Path) -> None:
    (fresh / ".emulator").touch()  # nobody may make a folder there, root included

    told = refusal(fresh, "--count", "1", starts=True)

    assert told.startswith(f"error: {fresh}/.emulator/runs cannot be written: ")
