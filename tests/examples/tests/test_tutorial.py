"""A tutorial in a copy: it continues only while the copy behaves as the page says."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from pipeline_examples.page import Change, Commands, Insertion, Manner
from pipeline_examples.tutorial import FailedError, Tutorial

if TYPE_CHECKING:
    from pathlib import Path

DIFF = "--- a/rules.py\n+++ b/rules.py\n@@ -1 +1 @@\n-old\n+new\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    return folder


@pytest.fixture
def tutorial(copy: Path, tmp_path: Path) -> Tutorial:
    return Tutorial(copy, tmp_path)


def test_variables_stay_from_block_to_block(tutorial: Tutorial, copy: Path) -> None:
    (copy / "env").write_text("export ADDRESS='a b'\n")

    tutorial.run([Commands(". ./env\nID=$(echo 7)"), Commands('echo "$ID at $ADDRESS"', printed=("7 at a b",))])


def test_a_command_that_fails_ends_the_tutorial(tutorial: Tutorial, copy: Path) -> None:
    with pytest.raises(FailedError, match=r"false\ntouch after\nfailed in "):
        tutorial.run([Commands("false\ntouch after"), Commands("touch after")])

    assert not (copy / "after").exists()


def test_other_output_than_the_page_has_ends_the_tutorial(tutorial: Tutorial) -> None:
    with pytest.raises(FailedError, match="did not print: two"):
        tutorial.run([Commands("echo one", printed=("two",))])


def test_commands_are_repeated_until_they_print_what_the_page_has(tutorial: Tutorial, copy: Path) -> None:
    count = "echo x >> times; wc -l < times"

    tutorial.run([Commands(count, Manner.REPEAT, ("2",))])

    assert (copy / "times").read_text() == "x\nx\n"


def test_commands_that_fail_are_repeated_until_they_succeed(tutorial: Tutorial, copy: Path) -> None:
    tutorial.run([Commands("echo x >> times; wc -l < times; test $(wc -l < times) = 3", Manner.REPEAT)])

    assert (copy / "times").read_text() == "x\nx\nx\n"


def test_what_is_in_the_background_runs_until_the_end_and_is_stopped(tutorial: Tutorial, copy: Path) -> None:
    (copy / "server").write_text("trap 'touch stopped; exit' INT\necho up\nwhile true; do sleep 0.05; done\n")

    tutorial.run([Commands("bash server", Manner.BACKGROUND, ("up",)), Commands("test ! -e stopped")])

    assert (copy / "stopped").exists()


def test_a_background_command_is_stopped_where_a_shell_has_ignored_ctrl_c(tutorial: Tutorial, copy: Path) -> None:
    (copy / "server").write_text(
        "trap 'exit' INT\necho up\nfor _ in {1..2000}; do sleep 0.05; done\ntouch not-stopped\n"
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    try:
        tutorial.run([Commands("bash server", Manner.BACKGROUND, ("up",))])
    finally:
        signal.signal(signal.SIGINT, before)

    assert not (copy / "not-stopped").exists()


def test_what_ends_in_the_background_before_it_is_up_ends_the_tutorial(tutorial: Tutorial) -> None:
    with pytest.raises(FailedError, match="did not print: up\nno port is free"):
        tutorial.run([Commands("echo no port is free", Manner.BACKGROUND, ("up",))])


def test_a_diff_changes_a_file(tutorial: Tutorial, copy: Path) -> None:
    (copy / "rules.py").write_text("old\n")

    tutorial.run([Change(DIFF)])

    assert (copy / "rules.py").read_text() == "new\n"


def test_a_diff_of_other_text_ends_the_tutorial(tutorial: Tutorial, copy: Path) -> None:
    (copy / "rules.py").write_text("older\n")

    with pytest.raises(FailedError, match="does not apply"):
        tutorial.run([Change(DIFF)])


def test_lines_are_inserted_in_front_of_the_first_section(tutorial: Tutorial, copy: Path) -> None:
    (copy / "CHANGELOG.md").write_text("# Changes\n\n## 2.0\n\n## 1.0\n")

    tutorial.run([Insertion("CHANGELOG.md", "## Unreleased\n\n- All.\n")])

    assert (copy / "CHANGELOG.md").read_text() == "# Changes\n\n## Unreleased\n\n- All.\n\n## 2.0\n\n## 1.0\n"


def test_a_file_without_a_section_is_refused(tutorial: Tutorial, copy: Path) -> None:
    (copy / "CHANGELOG.md").write_text("# Changes\n")

    with pytest.raises(FailedError, match="has no section"):
        tutorial.run([Insertion("CHANGELOG.md", "## Unreleased\n")])
