"""A copy of the toy application whose source the tests may change."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.emulator import Emulator
from local_aws.reload.application import Application
from local_aws.reload.reloader import Reloader
from local_aws.testing.toy_application import TOY, Toy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.reload.reloader import Reloaded

# Executions that a test blocks do not end by themselves, and their messages are not redelivered.
_PATIENT = {"ExecutionTimeoutSeconds": "300", "VisibilityTimeoutSeconds": "600"}


class Sources:
    """The sources of the copy: both functions are built with a shared file, and the judge waits for a file."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "application"
        self.functions, self.shared = self.root / "functions", self.root / "shared"
        self.released = folder / "released"
        shutil.copytree(TOY, self.root)
        self.shared.mkdir()
        (self.shared / "words.py").write_text('STORED = "stored"\n')
        self.edit("Makefile", "cp judge.py", 'cp judge.py "$(TOY_SHARED)/words.py"')
        self.edit("Makefile", "cp conveyor.py", 'cp conveyor.py "$(TOY_SHARED)/words.py"')
        self.edit("template.yaml", "Timeout: 5\n", "Timeout: 300\n")
        self.edit("judge.py", "time.sleep(3)", f"while not os.path.exists({str(self.released)!r}): time.sleep(0.1)")
        self.edit("judge.py", "import time", "import os\nimport time\n\nimport words")
        self.edit("judge.py", 'return "stored"', "return words.STORED")
        self.edit("conveyor.py", '"stored_at"', '"code": "1", "stored_at"')

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file once."""
        file = self.functions / name
        text = file.read_text()
        assert text.count(old) == 1, (name, old)
        file.write_text(text.replace(old, new))

    @property
    def variables(self) -> dict[str, str]:
        return {"TOY_SHARED": str(self.shared)}


class ReloadableToy(Toy):
    """The deployed copy."""

    def __init__(self, aws: Emulator, sources: Sources) -> None:
        super().__init__(aws)
        self.sources = sources
        self.reloader = Reloader(Application.of_run(aws.run_folder.path), shared=[sources.shared])

    def reload(self, *names: str) -> list[Reloaded]:
        return self.reloader.reload(self.reloader.named(names))

    def versions(self) -> dict[str, int]:
        """Return the live version of each function."""
        return {one.label: int(self.reloader.live_version(one)) for one in self.reloader.functions}


@contextmanager
def reloadable_toy(folder: Path) -> Iterator[ReloadableToy]:
    """Deploy a copy of the toy."""
    sources = Sources(folder)
    template = sources.root / "template.yaml"
    with Emulator.start(folder, template=template, parameters=_PATIENT, build_variables=sources.variables) as aws:
        yield ReloadableToy(aws, sources)
