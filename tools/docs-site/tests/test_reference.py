"""The generated parts of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docs_site.reference import codes, command_lines, exchanges, pages, parameters, sessions
from docs_site.reference.table import table
from pipeline_cli.app import app
from pipeline_contracts import ErrorCode

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "before\n<!-- generated: part -->\nold\n<!-- end -->\nafter\n"


def test_a_part_takes_the_place_of_the_one_before() -> None:
    filled = pages.filled(PAGE, "part", ["| a |", "", ""])

    assert filled == "before\n<!-- generated: part -->\n\n| a |\n\n<!-- end -->\nafter\n"
    assert pages.filled(filled, "part", ["| a |"]) == filled


def test_a_part_without_its_comments_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one part <!-- generated: other -->"):
        pages.filled(PAGE, "other", [])


def test_a_page_that_the_code_has_left_behind_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "REPOSITORY", tmp_path)
    monkeypatch.setattr(pages, "PAGES", {"page.md": {"part": lambda: ["new"]}})
    path = tmp_path / "page.md"
    path.write_text(PAGE)

    assert pages.stale() == [path]

    path.write_text(pages.filled(PAGE, "part", ["new"]))
    assert pages.stale() == []


def test_each_code_is_in_the_table_of_its_outcome() -> None:
    permanent = "\n".join(codes.rejected())

    assert {one for one in ErrorCode if f"| `{one}` |" in permanent} == {one for one in ErrorCode if not one.retryable}


def test_a_code_without_a_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "meanings", dict)

    with pytest.raises(LookupError, match=r"codes\.toml has no meaning for not_json"):
        codes.rejected()


def test_a_parameter_has_its_default_its_range_and_its_stacks() -> None:
    (row,) = (line for line in parameters.of_the_root() if line.startswith("| `BatchSize` |"))

    assert "| `400` | 1 to 1,000 |" in row
    assert row.endswith("| orchestrator |")


def test_a_parameter_is_in_one_of_the_two_tables() -> None:
    of_the_root, of_parts = (
        {line.split("|")[1] for line in one()[2:]} for one in (parameters.of_the_root, parameters.of_parts_only)
    )

    assert of_the_root
    assert of_parts
    assert not of_the_root & of_parts


def test_each_command_of_operators_has_its_section() -> None:
    sections = {line.removeprefix("### pipeline ") for line in command_lines.pipeline() if line.startswith("### ")}

    assert {
        str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback
    } <= sections
    assert {"dead redrive", "invalid resend", "console", "verify"} <= sections


@pytest.mark.parametrize(
    ("part", "title", "option"),
    [
        (command_lines.demo, "### local", "--samples"),
        (command_lines.local_aws, "### local-aws up", "--watch"),
        (command_lines.new_stage, "### new-stage", "--after"),
    ],
)
def test_a_command_line_has_its_options(part: object, title: str, option: str) -> None:
    assert callable(part)
    lines = list(part())

    assert title in lines
    assert any(option in line for line in lines[lines.index(title) :])


def test_sessions_are_listed_by_the_name_that_runs_them() -> None:
    listed = "\n".join(sessions.sessions())

    assert "| `new-stage` | Add a stage" in listed
    assert "run_pytest" not in listed


def test_a_model_has_its_fields() -> None:
    lines = list(exchanges.models())

    assert "### PipelineMessage" in lines
    assert any(line.startswith("| `execution_id` | string | yes |") for line in lines)


def test_a_bar_does_not_end_a_cell() -> None:
    assert table(("a",), [("b | c\nd",)])[-1] == "| b &#124; c d |"
