from __future__ import annotations

from typing import Any

import pytest
from pipeline_emulator.demo.audit import Audit
from pipeline_emulator.demo.lines import Line
from pipeline_emulator.demo.outcome import Outcome
from pipeline_emulator.demo.sending import SentMessage


class FakeTable:
    def __init__(self) -> None:
        self.items: dict[str, str] = {}

    def store(self, message_id: str, key: str | None = None) -> None:
        self.items[f"local-key-{key}" if key else f"local-esm-{message_id}"] = message_id

    def message_ids(self, keys: set[str]) -> dict[str, str]:
        assert len(keys) <= 100
        return {key: self.items[key] for key in keys if key in self.items}

    def all_message_ids(self) -> dict[str, str]:
        return dict(self.items)


class FakeQueueReader:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.was_put_back = False

    def add(self, message_id: str, /, body: str = "", **attributes: str) -> None:
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        self.messages.append({"MessageId": message_id, "Body": body, "MessageAttributes": values})

    def new_messages(self) -> list[dict[str, Any]]:
        taken, self.messages = self.messages, []
        return taken

    def put_back(self) -> None:
        self.was_put_back = True


class Stack:
    def __init__(self) -> None:
        self.table, self.invalid, self.dead = FakeTable(), FakeQueueReader(), FakeQueueReader()
        self.audit = Audit(self.table, self.invalid, self.dead, environment="local")  # type: ignore[arg-type]

    def send(self, *ids: str, body: str = "{}") -> None:
        for message_id in ids:
            self.audit.add(SentMessage(Line(len(self.audit.fates) + 1, body), message_id, 0.0))

    def outcomes(self) -> dict[str, Outcome]:
        return {fate.message.message_id: fate.outcome for fate in self.audit.fates}


@pytest.fixture
def stack() -> Stack:
    return Stack()


def test_each_message_is_found_where_it_ended(stack: Stack) -> None:
    stack.send("a", "b", "c", "d")
    stack.table.store("a")
    stack.invalid.add("new id", message_id="b", execution_id="local-esm-b", stage="intake", code="not_json", reason="!")
    stack.dead.add("c")

    stack.audit.look()
    stack.audit.finish()

    assert stack.outcomes() == {
        "a": Outcome.STORED,
        "b": Outcome.REJECTED,
        "c": Outcome.FAILED,
        "d": Outcome.MISSING,
    }
    assert stack.audit.fates[1].sightings[0].reason == "intake, not_json: !"
    assert stack.audit.violations() == ["message d has no outcome"]
    assert stack.invalid.was_put_back
    assert stack.dead.was_put_back


def test_a_copy_without_attributes_is_matched_by_its_body(stack: Stack) -> None:
    stack.send("a", body="one")
    stack.send("b", body="two")
    stack.invalid.add("new id", body="two")

    stack.audit.look()

    assert stack.outcomes()["b"] is Outcome.REJECTED


def test_a_message_that_is_rejected_twice_is_counted_once(stack: Stack) -> None:
    stack.send("a")
    stack.invalid.add("1", message_id="a")
    stack.invalid.add("2", message_id="a")

    stack.audit.look()
    stack.audit.finish()

    assert stack.audit.counts() == {Outcome.REJECTED: 1}
    assert stack.audit.violations() == []


def test_a_message_that_is_stored_and_rejected_breaks_the_invariant(stack: Stack) -> None:
    stack.send("a")
    stack.invalid.add("1", message_id="a")
    stack.audit.look()
    stack.table.store("a")

    stack.audit.finish()

    assert stack.audit.counts().total() == 1
    assert stack.audit.violations() == ["message a has two outcomes: rejected and stored"]


def test_what_nobody_sent_breaks_the_invariant(stack: Stack) -> None:
    stack.table.store("invented")
    stack.dead.add("unknown", body="what is it")

    stack.audit.look()
    stack.audit.finish()

    assert stack.audit.violations() == [
        "message unknown of a queue (what is it) belongs to no message that was sent",
        "item local-esm-invented of the table belongs to no message that was sent",
    ]


def test_two_messages_with_one_key_have_one_item_and_are_both_stored(stack: Stack) -> None:
    stack.send("a", "b", body='{"idempotency_key": "k"}')
    stack.table.store("a", key="k")

    stack.audit.look()

    assert stack.audit.pending == 1
    assert stack.audit.only_twins_pending
    stack.audit.finish()
    assert stack.outcomes() == {"a": Outcome.STORED, "b": Outcome.STORED}
    assert stack.audit.violations() == []


def test_of_two_messages_with_one_key_the_second_may_be_rejected(stack: Stack) -> None:
    stack.send("a", "b", body='{"idempotency_key": "k"}')
    stack.table.store("a", key="k")
    stack.audit.look()
    stack.invalid.add("1", message_id="b")

    stack.audit.look()
    stack.audit.finish()

    assert stack.outcomes() == {"a": Outcome.STORED, "b": Outcome.REJECTED}
    assert stack.audit.violations() == []


def test_many_messages_are_looked_up_a_hundred_at_a_time_until_nothing_is_found(stack: Stack) -> None:
    ids = [str(number) for number in range(1000)]
    stack.send(*ids)
    for name in ids[:250]:
        stack.table.store(name)

    stack.audit.look()

    assert stack.audit.counts()[Outcome.STORED] == 250
