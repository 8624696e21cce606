"""Copies of the deployed files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_testing.repository_copy import REPOSITORY, SHORT_WAITS, changed_copy

if TYPE_CHECKING:
    from pathlib import Path


def test_a_copy_has_what_is_deployed_and_built_with_and_no_tests(tmp_path: Path) -> None:
    changed_copy(tmp_path)

    for name in ("infra/template.yaml", "services/storer/Makefile", "tools/service-build/src/service_build/build.py"):
        assert (tmp_path / name).read_bytes() == (REPOSITORY / name).read_bytes()
    assert not [*tmp_path.rglob("tests")]


def test_only_the_edited_files_differ(tmp_path: Path) -> None:
    changed_copy(tmp_path, *SHORT_WAITS)

    files = (path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    changed = {str(file) for file in files if (tmp_path / file).read_bytes() != (REPOSITORY / file).read_bytes()}
    assert changed == {name for name, _, _ in SHORT_WAITS}


def test_an_edit_that_finds_nothing_or_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'nowhere in it' occurs 0 times in infra/template\.yaml"):
        changed_copy(tmp_path, ("infra/template.yaml", "nowhere in it", "anything"))
