"""The example matches its page: few files, each of which replaces an existing one."""

from __future__ import annotations

from pipeline_testing.repository_copy import REPOSITORY

EXAMPLE = REPOSITORY / "examples/orders"
FILES = [path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*") if path.is_file() and path.name != "README.md"]


def test_at_most_twelve_files_are_written_by_hand() -> None:
    assert 3 < len(FILES) <= 12


def test_each_file_takes_the_place_of_one_that_is_there() -> None:
    assert [path for path in FILES if not (REPOSITORY / path).is_file()] == []
