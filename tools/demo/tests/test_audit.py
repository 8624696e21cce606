from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.intake import Intake
from pipeline_cli.messages.failure import Failure
from pipeline_cli.table import StoredItem
from pipeline_contracts.envelopes import Envelope
from pipeline_demo.audit import Audit
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome
from pipeline_demo.sending import SentMessage
from pipeline_testing.bodies import body, body_with

if TYPE_CHECKING:
    from collections.abc import Iterator


class FakeTable:
    def __init__(self) -> None:
        self.stored: dict[str, StoredItem] = {}

    def store(self, message_id: str, *, body: str = "{}", key: str | None = None) -> None:
        identity = f"local-key-{key}" if key else f"local-esm-{message_id}"
        data = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        self.stored[identity] = StoredItem(identity, message_id, data)

    def items(self, keys: set[str]) -> dict[str, StoredItem]:
        assert len(keys) <= 100
        return {key: self.stored[key] for key in keys if key in self.stored}

    def all_items(self) -> Iterator[StoredItem]:
        return iter(self.stored.values())


class FakeQueueReader:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.was_put_back = False

    def add(self, message_id: str, /, body: str = "", **told: str) -> None:
        values = {"durable_pipeline": {"DataType": "String", "StringValue": json.dumps(told)}} if told else {}
        sent = {"SentTimestamp": "0"}
        self.messages.append({"MessageId": message_id, "Body": body, "Attributes": sent, "MessageAttributes": values})

    def new_messages(self) -> list[dict[str, Any]]:
        taken, self.messages = self.messages, []
        return taken

    def put_back(self) -> None:
        self.was_put_back = True

    def delete(self, message_ids: list[str]) -> dict[str, str]:
        return dict.fromkeys(message_ids, "gone")


class Stack:
    def __init__(self, envelope: Envelope = Envelope.NONE, mark: tuple[str, str] | None = None) -> None:
        self.table, self.invalid, self.dead = FakeTable(), FakeQueueReader(), FakeQueueReader()
        intake = Intake("local", envelope)
        self.audit = Audit(self.table, self.invalid, self.dead, intake=intake, mark=mark)  # type: ignore[arg-type]

    def send(self, *ids: str, body: str = "{}") -> None:
        for message_id in ids:
            self.audit.add(SentMessage(Line(len(self.audit.messages) + 1, body), message_id, 0.0))

    def outcomes(self) -> dict[str, Outcome]:
        return {tracked.message.message_id: tracked.outcome for tracked in self.audit.messages}


@pytest.fixture
def stack() -> Stack:
    return Stack()


def test_each_message_is_found_where_it_ended(stack: Stack) -> None:
    stack.send("a", "b", "c", "d")
    stack.table.store("a")
    stack.invalid.add(
        "new id",
        message_id="b",
        execution_id="local-esm-b",
        stage="intake",
        code="not_json",
        reason="!",
        execution_arn="x",
    )
    stack.dead.add("c")

    stack.audit.look()
    stack.audit.finish()

    assert stack.outcomes() == {
        "a": Outcome.STORED,
        "b": Outcome.REJECTED,
        "c": Outcome.FAILED,
        "d": Outcome.LOST,
    }
    (rejected,) = stack.audit.messages[1].places
    assert (rejected.reason, rejected.execution_arn) == ("intake, not_json: !", "x")
    assert stack.audit.violations() == ["message d is lost: it is neither in the table nor in a queue"]
    assert stack.invalid.was_put_back
    assert stack.dead.was_put_back


def test_a_copy_without_attributes_is_matched_by_its_body(stack: Stack) -> None:
    stack.send("a", body="one")
    stack.send("b", body="two")
    stack.invalid.add("new id", body="two")

    stack.audit.look()

    assert stack.outcomes()["b"] is Outcome.REJECTED


def test_a_copy_without_the_mark_of_the_run_belongs_to_somebody_else() -> None:
    stack = Stack(mark=("run", "r1"))
    stack.send("a", body="one")
    stack.invalid.add("new id", body="one")

    stack.audit.look()

    assert stack.outcomes()["a"] is Outcome.LOST
    assert stack.audit.strays == ["message new id of a queue (one)"]


def test_a_copy_of_another_message_with_the_same_body_does_not_count(stack: Stack) -> None:
    stack.send("a", body="one")
    stack.invalid.add("new id", body="one", message_id="of another run")
    stack.dead.add("of another run", body="one")

    stack.audit.look()

    assert stack.outcomes()["a"] is Outcome.LOST
    assert len(stack.audit.strays) == 2


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


def keyed(further: str) -> str:
    return body_with(f'"idempotency_key": "k", {further}')


KEYED = keyed('"rows": 1.50')


@pytest.mark.parametrize(
    "body",
    [
        KEYED,
        body_with('"rows": 1.5, "idempotency_key": "k"'),
        keyed('"rows": 15E-1, "metadata": {"sent": "later"}'),
    ],
)
def test_two_messages_with_one_key_and_the_same_data_have_one_item_and_are_both_stored(stack: Stack, body: str) -> None:
    stack.send("a", body=KEYED)
    stack.send("b", body=body)
    stack.table.store("a", body=KEYED, key="k")

    stack.audit.look()

    assert stack.audit.pending == 1
    stack.audit.finish()
    assert stack.outcomes() == {"a": Outcome.STORED, "b": Outcome.STORED}
    assert stack.audit.violations() == []


@pytest.mark.parametrize(
    ("first", "body"),
    [
        (KEYED, keyed('"rows": 2')),
        (KEYED, keyed('"rows": "1.5"')),
        (KEYED, keyed('"more": null')),
        (KEYED, keyed('"rows": 1.5, "more": {"metadata": 1}')),
        (KEYED, keyed('"rows": 1.50000000000000000000000000000000001')),
        (keyed('"rows": [true]'), keyed('"rows": [1]')),
    ],
)
def test_a_message_whose_key_is_stored_with_other_data_is_lost_unless_it_is_in_a_queue(
    stack: Stack, first: str, body: str
) -> None:
    stack.send("a", body=first)
    stack.send("b", body=body)
    stack.table.store("a", body=first, key="k")

    stack.audit.look()
    stack.audit.finish()

    assert stack.outcomes() == {"a": Outcome.STORED, "b": Outcome.LOST}
    (violation,) = stack.audit.violations()
    assert violation.startswith("message b is lost: its item, that of message a with the same idempotency_key, holds")


def test_a_byte_order_mark_is_no_data(stack: Stack) -> None:
    stack.send("a", body=f"\ufeff{KEYED}")
    stack.table.store("a", body=KEYED, key="k")

    stack.audit.finish()

    assert stack.outcomes() == {"a": Outcome.STORED}
    assert stack.audit.violations() == []


def test_a_message_is_read_in_the_declared_envelope() -> None:
    stack = Stack(Envelope.SNS)
    notification = {"Type": "Notification", "MessageId": "n-1", "TopicArn": "arn:aws:sns:::t", "Message": body()}
    stack.send("a", body=json.dumps(notification))
    stack.table.store("a", body=body(metadata={"sns": {}}), key="n-1")

    stack.audit.finish()

    assert stack.outcomes() == {"a": Outcome.STORED}
    assert stack.audit.violations() == []


def test_an_item_with_other_data_than_its_own_message_does_not_count(stack: Stack) -> None:
    stack.send("a", body='{"rows": 1}')
    stack.table.store("a", body='{"rows": 2}')

    stack.audit.look()
    stack.audit.finish()

    assert stack.outcomes() == {"a": Outcome.LOST}
    assert "its item, its own, holds other data" in stack.audit.violations()[0]


def test_a_dead_letter_is_told_with_the_reason_for_which_it_failed_last(stack: Stack) -> None:
    stack.send("a", "b")
    stack.dead.add("a")
    stack.table.store("b")
    stack.audit.finish()
    failure = Failure("store", "throttled", reason="too many writes", execution_arn="second")

    stack.audit.explain({"a": failure, "b": failure}, {"a": "first", "b": "third"})

    (a,), (b,) = (tracked.places for tracked in stack.audit.messages)
    assert a.reason == "in the dead-letter queue, received ? times: store, throttled: too many writes"
    assert (a.why.stage, a.why.code, a.execution_arn) == ("store", "throttled", "second")
    assert (b.reason, b.execution_arn) == ("", "")
    assert [tracked.execution_arn for tracked in stack.audit.messages] == ["first", "third"]


def test_of_two_messages_with_one_key_the_second_may_be_rejected(stack: Stack) -> None:
    stack.send("a", "b", body=KEYED)
    stack.table.store("a", body=KEYED, key="k")
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


def test_a_message_whose_item_is_deleted_after_it_was_found_is_lost(stack: Stack) -> None:
    stack.send("a", "b")
    stack.table.store("a")
    stack.table.store("b")
    stack.audit.look()
    del stack.table.stored["local-esm-a"]

    stack.audit.settle(stack.audit.items())

    assert stack.outcomes() == {"a": Outcome.LOST, "b": Outcome.STORED}
    assert [one.deleted for one in stack.audit.messages] == [True, False]
