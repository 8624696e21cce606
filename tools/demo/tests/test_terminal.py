"""The content of a message must not affect the terminal that shows it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from local_aws.terminal import printable
from pipeline_cli.executions.deliveries import Reason
from pipeline_demo.lines import Line, NotSent
from pipeline_demo.outcome import Outcome, Place, TrackedMessage
from pipeline_demo.report import rows_of, write_report
from pipeline_demo.sending import SentMessage
from pipeline_demo.table_view import print_item, print_rows, print_totals
from pipeline_demo.view import ProgressView
from rich.console import Console

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    *(chr(number) for number in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0",
    *"\u2028\u2029\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ud800",
]


@pytest.mark.parametrize("character", HOSTILE, ids=lambda character: f"U+{ord(character):04X}")
def test_what_a_terminal_would_obey_is_escaped(character: str) -> None:
    assert printable(f"a{character}b") == f"a\\u{ord(character):04x}b"


def test_other_text_is_shown_as_it_is() -> None:
    text = 'größe 売上 👍🏽 👩\u200d💻 [bold]:smile: {"a": "\\u001b"}'

    assert printable(text) == text
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\u001b"


def test_nothing_of_a_message_reaches_the_terminal_unescaped() -> None:
    hostile = "".join(HOSTILE)
    text = f"[red]:smile:{hostile}"
    stored = TrackedMessage(
        SentMessage(Line(1, text), "1", 0.0), text, [Place(Outcome.STORED, text, 1.0, Reason(text, text, "", text))]
    )
    lost = TrackedMessage(SentMessage(Line(2, text), "2", 0.0), text)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=4000, _environ={})

    rows = rows_of([stored, lost], [NotSent(Line(3, text), text)])
    print_rows(console, rows)
    print_totals(console, rows)
    print_item(console, text, {text: text})
    ProgressView(console, 1).note(text)

    printed = file.getvalue()
    assert not set(printed) & (set(hostile) - {"\n"})
    assert printed.count("[red]:smile:") == 15
    assert "\\u001b\\u001c" in printed


def test_the_report_is_json_whatever_a_message_holds(tmp_path: Path) -> None:
    text = "".join(HOSTILE)
    tracked = TrackedMessage(
        SentMessage(Line(1, text), "1", 0.0), text, [Place(Outcome.REJECTED, text, 1.0, Reason("", "", text, text))]
    )

    write_report(tmp_path / "report.json", rows_of([tracked], []))

    (entry,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["messages"]
    assert [entry[name] for name in ("body", "execution_id", "field", "reason")] == [text] * 4
