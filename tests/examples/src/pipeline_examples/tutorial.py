"""Running a tutorial in a scratch copy, command by command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_examples.page import Change, Commands, Insertion, Manner, missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_examples.page import Step

_POLL_SECONDS = 1.0
# Waits take seconds; this is only the time to give up.
_MOST_SECONDS = 600.0


class FailedError(Exception):
    """Something in the copy did not work as its page says."""


class Tutorial:
    """A copy of the repository, with a terminal in it: variables persist from block to block of a page."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = root
        self._variables = scratch / "variables"
        self._log = scratch / "background.log"
        # Without this session's variables, because sessions run in it. The AWS CLI of this environment comes first.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOX_", "PIPELINE_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        self._environment = kept | {"PATH": path, "AWS_PAGER": "", "NO_COLOR": "1"}

    def run(self, steps: Sequence[Step]) -> None:
        """Run each step in a new terminal; background commands are stopped at the end."""
        self._variables.write_text("", "utf-8")
        with ExitStack() as background:
            for step in steps:
                match step:
                    case Change():
                        self._change(step)
                    case Insertion():
                        self._insert(step)
                    case Commands(manner=Manner.BACKGROUND):
                        background.enter_context(self._started(step))
                    case Commands():
                        self._commands(step)

    def _commands(self, step: Commands) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while True:
            try:
                self._once(step)
            except FailedError:
                if step.manner is Manner.ONCE or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _once(self, step: Commands) -> None:
        absent = missing(step.printed, self._shell(step.script))
        if absent is not None:
            raise FailedError(f"{step.script.strip()}\ndid not print: {absent}")

    def _shell(self, script: str) -> str:
        print(_shown(script), flush=True)
        name = str(self._variables)
        whole = f'. "{name}"\nset -ea\n{script}\nset +a\nexport -p > "{name}"\n'
        printed = []
        with subprocess.Popen(
            ["/usr/bin/env", "bash", "-c", whole],
            cwd=self._root,
            env=self._environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                printed.append(line)
        if process.returncode:
            raise FailedError(f"{script.strip()}\nfailed in {self._root}")
        return "".join(printed)

    @contextmanager
    def _started(self, step: Commands) -> Iterator[None]:
        print(_shown(step.script), flush=True)
        # A shell starts background commands with SIGINT ignored. A program would inherit that, and not end by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with (
            self._log.open("w") as log,
            subprocess.Popen(
                ["/usr/bin/env", "bash", "-c", f"exec {step.script}"],
                cwd=self._root,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                self._wait(step, process)
                yield
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGINT)  # like Ctrl-C

    def _wait(self, step: Commands, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while (absent := missing(step.printed, self._log.read_text("utf-8"))) is not None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise FailedError(f"{step.script.strip()}\ndid not print: {absent}\n{self._log.read_text('utf-8')}")
            time.sleep(_POLL_SECONDS)

    def _change(self, step: Change) -> None:
        # Without this variable, git would find a repository above the copy.
        environment = self._environment | {"GIT_CEILING_DIRECTORIES": str(self._root.parent)}
        done = subprocess.run(
            ["/usr/bin/env", "git", "apply", "--recount", "-"],
            cwd=self._root,
            env=environment,
            input=step.diff,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise FailedError(f"a diff of the page does not apply:\n{step.diff}\n{done.stderr}")

    def _insert(self, step: Insertion) -> None:
        path = self._root / step.path
        before, section, after = path.read_text("utf-8").partition("\n## ")
        if not section:
            raise FailedError(f"{step.path} has no section to insert lines in front of")
        path.write_text(f"{before}\n{step.lines}{section}{after}", "utf-8")


def _shown(script: str) -> str:
    return "\n".join(f"$ {line}" for line in script.strip().splitlines())
