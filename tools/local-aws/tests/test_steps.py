from __future__ import annotations

import io
import re
import time

import pytest
from local_aws.steps import ConsoleSteps
from rich.console import Console


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=terminal, width=80, _environ={}), file


def test_a_step_is_shown_with_the_seconds_that_it_took() -> None:
    shown, file = console(terminal=False)

    with ConsoleSteps(shown).step("build"):
        assert file.getvalue() == ""

    assert re.fullmatch(r"build +done +0\.\d s\n", file.getvalue())


def test_a_step_that_fails_is_shown_too() -> None:
    shown, file = console(terminal=False)

    with pytest.raises(ValueError, match="no"), ConsoleSteps(shown).step("build"):
        raise ValueError("no")

    assert re.fullmatch(r"build +failed +0\.\d s\n", file.getvalue())


def test_a_terminal_shows_the_seconds_while_a_step_runs() -> None:
    shown, file = console(terminal=True)

    with ConsoleSteps(shown).step("build [bold]"):
        deadline = time.monotonic() + 30
        while not re.search(r"build \[bold\] ….* 1 s", file.getvalue()):
            assert time.monotonic() < deadline, file.getvalue()
            time.sleep(0.05)
