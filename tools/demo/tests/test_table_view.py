"""The final output, on a narrow terminal and on a wide one."""

from __future__ import annotations

import io

import pytest
from pipeline_cli.executions.deliveries import Reason
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome
from pipeline_demo.report import Row, totals_of
from pipeline_demo.table_view import print_rows, print_totals
from rich.console import Console

IDENTITY = "local-esm-5510d686-0163-4e97-8e94-18f208fcf71c"
LONG_IDENTITY = "local-key-" + "k" * 256
WHY = Reason("validate", "blank_field", "columns", "columns: must not be empty, and this is a long way to say so")
BODY = (
    '{"data_source": "größen-売上.csv", "rows": [1, 2, 3], "comment": "a body that is longer than any column of these"}'
)
ROWS = [
    Row(Line(1, BODY), Outcome.STORED, "a", IDENTITY, seconds=6.8),
    Row(Line(2, BODY), Outcome.REJECTED, "b", LONG_IDENTITY, why=WHY, reason=str(WHY), seconds=1234.5),
]


def printed(width: int, *rows: Row) -> list[str]:
    file = io.StringIO()
    print_rows(Console(file=file, width=width, _environ={}), rows)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 80, 119, 120, 140, 200, 400])
def test_ids_are_in_one_piece(width: int) -> None:
    lines = printed(width, *ROWS)

    for identity in (IDENTITY, LONG_IDENTITY):
        assert [line for line in lines if line.endswith(identity)]


@pytest.mark.parametrize("width", [80, 100, 120, 140, 200])
def test_all_else_is_within_the_width(width: int) -> None:
    lines = [line for line in printed(width, *ROWS) if LONG_IDENTITY not in line]

    assert max(map(len, lines)) <= width
    # Only ids and bodies are truncated or wrapped.
    assert str(WHY) in " ".join(line[-(width // 2 if width >= 120 else width) :].strip() for line in lines)


def test_a_narrow_terminal_has_the_id_below_the_body() -> None:
    headline, first, second, *_ = printed(80, ROWS[0])

    assert headline == " line  outcome      time  body, execution_id and reason"
    assert first.startswith('    1  stored      6.8 s  {"data_source": "größen-')
    assert first.endswith("…")
    assert second == " " * 26 + IDENTITY


def test_a_wide_terminal_has_the_id_beside_the_body() -> None:
    headline, first = printed(200, ROWS[0])

    assert headline.index("execution_id and reason") - first.index(IDENTITY) in (0, 2)  # characters of two cells
    assert first.endswith(IDENTITY)


def test_the_totals_are_by_outcome_stage_and_code() -> None:
    rows = [ROWS[1], *ROWS, Row(Line(3, "x"), Outcome.NOT_SENT, reason="no"), Row(Line(4, "x"), Outcome.LOST)]
    file = io.StringIO()

    print_totals(Console(file=file, width=80, _environ={}), rows)

    assert list(totals_of(rows).items()) == [
        ((Outcome.STORED, "", ""), 1),
        ((Outcome.REJECTED, "validate", "blank_field"), 2),
        ((Outcome.LOST, "", ""), 1),
        ((Outcome.NOT_SENT, "", ""), 1),
    ]
    lines = [line.split() for line in file.getvalue().splitlines() if line]
    assert lines == [
        ["outcome", "stage", "code", "messages"],
        ["stored", "1"],
        ["rejected", "validate", "blank_field", "2"],
        ["lost", "1"],
        ["not", "sent", "1"],
    ]
