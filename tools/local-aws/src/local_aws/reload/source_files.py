"""Which files of a source folder are source, and whether they are valid Python."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter

from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OTHER_FOLDERS = ("tests", ".emulator", ".aws-sam", ".nox", ".ruff_cache")
_CHECK = """
import json, sys
errors = {}
for path in json.load(sys.stdin):
    try:
        with open(path, "rb") as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        errors[path] = f"{path}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}".rstrip(": ")
    except FileNotFoundError:
        pass
    except (MemoryError, OSError, RecursionError, ValueError) as error:
        errors[path] = f"{path}: {error or type(error).__name__}"
json.dump(errors, sys.stdout)
"""


class SourceFilter(DefaultFilter):
    """Ignores the files of editors and tools beside the source, and tests, wherever the folders themselves are."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Filter changes in these folders."""
        super().__init__(ignore_dirs=(*DefaultFilter.ignore_dirs, *_OTHER_FOLDERS))
        self._folders = folders

    def __call__(self, change: Change, path: str) -> bool:
        """Return whether the changed file is source."""
        inside = [Path(path).relative_to(folder) for folder in self._folders if Path(path).is_relative_to(folder)]
        return any(super(SourceFilter, self).__call__(change, str(relative)) for relative in inside)


def syntax_errors(python: Path, folders: Sequence[Path]) -> dict[Path, str]:
    """Compile the Python source of some folders with an interpreter, and return the error of each file that has one.

    An error names file, line and message.

    Raises:
        EmulatorError: The interpreter fails, for example on source that is nested too deeply for it.
    """
    files = [str(path) for folder in folders for path in source_files(folder) if path.suffix == ".py"]
    command = [str(python), "-I", "-W", "ignore", "-c", _CHECK]
    answer = subprocess.run(command, input=json.dumps(files), capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode:
        raise EmulatorError(f"the source cannot be checked: {answer.stderr.strip() or answer.returncode}")
    return {Path(path): error for path, error in json.loads(answer.stdout).items()}


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the source files of a folder, in a fixed order."""
    is_source = SourceFilter([folder])
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_source(Change.modified, str(Path(parent, name))))
        files = (Path(parent, name) for name in sorted(names))
        yield from (path for path in files if is_source(Change.modified, str(path)))
