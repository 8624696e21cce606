"""Invalid Python source is an error of that file, and stops nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from local_aws.errors import EmulatorError
from local_aws.reload.source_files import syntax_errors

PYTHON = Path(sys.executable)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def handler(:\n", "line 1: invalid syntax"),
        ("x = 1 \0", "null bytes"),
        ("x = " + "-" * 200_000 + "1\n", ""),
        ("x = " + "1+" * 100_000 + "1\n", ""),
    ],
)
def test_source_that_cannot_be_compiled_is_named(tmp_path: Path, source: str, problem: str) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    bad = tmp_path / "bad.py"
    bad.write_text(source)

    errors = syntax_errors(PYTHON, [tmp_path])

    assert errors.keys() == {bad}
    assert errors[bad].startswith(str(bad))
    assert problem in errors[bad]


def test_a_link_to_itself_is_named(tmp_path: Path) -> None:
    loop = tmp_path / "loop.py"
    loop.symlink_to("loop.py")

    assert "symbolic links" in syntax_errors(PYTHON, [tmp_path])[loop]


def test_a_link_to_nothing_is_no_source(tmp_path: Path) -> None:
    (tmp_path / ".#edited.py").symlink_to("nobody@nowhere")

    assert syntax_errors(PYTHON, [tmp_path]) == {}


def test_an_interpreter_that_ends_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 3\n")
    broken.chmod(0o755)

    with pytest.raises(EmulatorError, match="the source cannot be checked: out of memory"):
        syntax_errors(broken, [tmp_path])
