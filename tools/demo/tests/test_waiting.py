"""The notes while messages wait to be redelivered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pipeline_cli.messages.failure import Failure
from pipeline_demo.failures import News
from pipeline_demo.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Collection

    import pytest

THROTTLED = Failure("store", "throttled", reason="too many writes")


class Run:
    """A run whose messages have ids of one letter each."""

    def __init__(self, pending: str) -> None:
        self.pending_ids, self.message_ids = dict.fromkeys(pending).keys(), dict.fromkeys(pending).keys()
        self.last: dict[str, Failure] = {}
        self.news: list[News] = []
        self.keep_logs, self.logs = False, "/logs"
        self.notes: list[str] = []
        each: Any = self
        self.waiting = Waiting(each, each, SimpleNamespace(look=self.read, last=self.last), each, redelivered_within=60)  # type: ignore[arg-type]

    def read(self, message_ids: Collection[str]) -> News:
        news = self.news.pop(0)
        self.last |= news.failures
        return news

    def note(self, text: str, *, unbroken: bool = False) -> None:
        self.notes.append(text)

    def look(self, news: News, monkeypatch: pytest.MonkeyPatch, *, at: float) -> list[str]:
        """Look at a given time, and return the notes."""
        monkeypatch.setattr("pipeline_demo.waiting.time", SimpleNamespace(monotonic=lambda: at))
        self.news, before = [news], len(self.notes)
        self.waiting.look()
        return self.notes[before:]


def test_each_reason_is_told_once_a_look_with_how_many_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("abc")

    told = run.look(News({"a": THROTTLED, "b": THROTTLED}, []), monkeypatch, at=1)

    assert told == [
        "The logs are kept in /logs",
        "2 messages failed and wait for redelivery, within 60 s: store, throttled: too many writes",
    ]
    assert run.keep_logs
    assert run.waiting.count == 2
    assert run.look(News({}, []), monkeypatch, at=3) == []
    assert run.look(News({"c": THROTTLED}, []), monkeypatch, at=5) == [
        "1 message failed and waits for redelivery, within 60 s: store, throttled: too many writes"
    ]


def test_a_message_that_has_an_outcome_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("")

    assert run.look(News({"a": THROTTLED}, []), monkeypatch, at=1) == []
    assert run.waiting.count == 0


def test_of_many_reasons_some_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("abcdefgh")
    failures = {one: Failure("store", "throttled", reason=one) for one in "abcdefgh"}

    told = run.look(News(failures, []), monkeypatch, at=1)

    assert len(told) == 7
    assert told[-1] == "3 messages failed and wait for redelivery for other reasons"


def test_a_warning_is_told_once_whatever_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("a")
    warnings = ["mapping: no start, next attempt in 0.2 s", "mapping: no start, next attempt in 5.0 s", "another"]

    told = run.look(News({}, warnings), monkeypatch, at=1)

    assert told == ["The logs are kept in /logs", warnings[0], "another"]
    assert run.look(News({}, [warnings[1]]), monkeypatch, at=5) == []


def test_it_looks_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("a")
    run.look(News({}, []), monkeypatch, at=1)

    assert run.look(News({"a": THROTTLED}, []), monkeypatch, at=1.9) == []
    assert len(run.look(News({"a": THROTTLED}, []), monkeypatch, at=2.1)) == 2
