"""Released versions stay as they were released."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contracts_check import releases, schemas
from contracts_check.releases import Version
from pipeline_contracts import VERSION

if TYPE_CHECKING:
    from pathlib import Path

WHEELS = releases.wheels()


@pytest.mark.parametrize("version", WHEELS, ids=str)
def test_the_schemas_of_a_released_version_are_those_of_its_wheel(version: Version) -> None:
    assert schemas.committed(str(version)) == schemas.of_wheel(WHEELS[version])


def test_every_committed_schema_belongs_to_a_release() -> None:
    assert {path.name for path in schemas.FOLDER.iterdir()} == {str(version) for version in WHEELS}


def test_the_models_give_the_schemas_that_are_committed_for_their_version() -> None:
    if Version.parse(VERSION) in WHEELS:
        assert schemas.generate() == schemas.committed(VERSION)
    else:
        assert Version.parse(VERSION) > max(WHEELS)


def test_versions_sort_by_number() -> None:
    assert sorted([Version.parse("1.10.0"), Version.parse("1.9.1")]) == [Version(1, 9, 1), Version(1, 10, 0)]


@pytest.mark.parametrize("text", ["1.0", "1.0.0.0", "1.0.x", "v1.0.0", "1.01.0", ""])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        Version.parse(text)


@pytest.mark.parametrize("lines", ["", 'VERSION = "1.0.0"\nVERSION = "1.0.0"\n'])
def test_a_version_that_is_not_in_one_line_is_not_written(
    lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constant, pyproject = tmp_path / "exchange.py", tmp_path / "pyproject.toml"
    constant.write_text(lines)
    pyproject.write_text('version = "1.0.0"\n')
    monkeypatch.setattr(releases, "CONSTANT", constant)
    monkeypatch.setattr(releases, "PYPROJECT", pyproject)

    with pytest.raises(ValueError, match=r"exchange\.py has (0|2) lines VERSION = …, expected one"):
        releases.set_version(Version(2, 0, 0))
