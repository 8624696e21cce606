"""Changes made by the console: it asks for confirmation first, and reports afterwards what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import ENVIRONMENT
from pipeline_testing.bodies import INVALID, body
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from browser import Page
    from pipeline_e2e.stack import Stack


def test_an_edited_message_is_stored_under_its_first_id(page: Page, stack: Stack) -> None:
    sent, other = stack.send(INVALID, "not json")
    stack.wait_until_drained()
    page.open("/invalid")
    page.see("missing_field", "not_json")
    page.picture("invalid")
    page.click("Open", row=sent)
    page.see("missing_field")
    page.click("Show and edit the body")
    field = page.field("body")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("{")
    page.see("the body is not JSON")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(body(label="mended"))
    page.see("It satisfies the contract.")
    page.picture("edit")

    page.click("Plan its resend")
    page.see("sent to the source queue", "(edited)", "Of 1 message of the invalid message queue")
    page.picture("plan")
    assert stack.item(f"{ENVIRONMENT}-esm-{sent}") is None
    page.click("Resend")
    page.see("1 sent")
    item = stack.wait_for_item(f"{ENVIRONMENT}-esm-{sent}")
    assert "mended" in str(item)
    assert item["message_id"] == sent

    page.click("Trace it")
    page.see("in the table", "Delivery")
    page.open("/invalid")
    page.see(other)
    page.see_no(sent)


@pytest.mark.parametrize("edit", ["\ud800", body(label='"' * 400_000)])
def test_an_edit_that_does_not_arrive_is_reported(page: Page, stack: Stack, edit: str) -> None:
    (sent,) = stack.send(INVALID)
    stack.wait_until_drained()
    page.open("/invalid")
    page.click("Open", row=sent)
    page.click("Show and edit the body")
    page.type_at_once(page.field("body"), edit)
    page.click("Plan its resend")
    page.see("The edit did not reach the console", "Show only these")
    assert [each["message"] for each in page.errors() if "Payload size" not in each["message"]] == []

    page.type_at_once(page.field("body"), body(label="x" * 200_000))
    page.see("It satisfies the contract.")
    page.click("Plan its resend")
    page.see("(edited)", "send 1 to the source queue")
    page.click("Cancel")


def test_nothing_is_sent_before_it_is_agreed_to(page: Page, stack: Stack) -> None:
    stack.send(INVALID)
    stack.wait_until_drained()
    page.open("/invalid")
    page.click("Resend the selected")
    page.see("Select messages first.")
    page.click("Select all shown")
    page.click("Resend the selected")
    page.see("Nothing would be sent or deleted.")
    page.click("Cancel")
    page.click("Discard the selected")
    page.see("delete 1 for good")
    page.click("Cancel")
    page.see_no("for good")

    assert len(stack.wait_for_rejected(1)) == 1


def test_messages_are_discarded_and_those_gone_meanwhile_are_reported(page: Page, stack: Stack) -> None:
    stack.send("first", "second")
    stack.wait_until_drained()
    page.open("/invalid")
    page.see("2 ")
    page.click("Select all shown")
    page.click("Discard the selected")
    page.see("delete 2 for good")
    stack.empty_queues()
    page.click("Discard")

    page.see("Nothing was sent or deleted: the queue or the table has changed.")
    page.see("Messages no longer in the queue, or received by somebody else: 2.", "Nothing would be sent or deleted.")
    page.click("Cancel")


def test_dead_letters_are_redriven_once_their_cause_is_gone(page: Page, stack: Stack) -> None:
    with stack.without_table():
        sent = stack.send(body(n=1), body(n=2))
        stack.wait_until_drained()
    page.open("/dead")
    page.see("unavailable", *sent)
    page.picture("dead")
    page.click("Select all shown")
    page.click("Redrive the selected")
    page.see("send 2 to the source queue")
    page.click("Redrive")
    page.see("2 sent")
    page.click("Close")
    page.see("There is no message in the dead-letter queue.")

    for message in sent:
        assert stack.wait_for_item(f"{ENVIRONMENT}-esm-{message}")["message_id"] == message


def test_the_pipeline_is_paused_and_resumed(page: Page, stack: Stack) -> None:
    page.click("Pause")
    page.see("It receives no more messages from its queue.")
    page.click("Cancel")
    page.see_no("It receives no more messages")
    page.see("receives messages")
    page.click("Pause")
    page.see("It receives no more messages from its queue.")
    page.click("Pause")
    page.see(f"{ENVIRONMENT} is being paused.")
    page.see("paused", "Resume")

    page.click("Resume")
    page.see("It receives messages from its queue again.")
    page.click("Resume")
    page.see("receives messages")
    (sent,) = stack.send(body())
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{sent}")


def test_a_keyboard_is_enough(page: Page, stack: Stack) -> None:
    (sent,) = stack.send("not json")
    stack.wait_until_drained()
    page.open("/")
    page.see("Invalid messages (1)")
    page.focus("Invalid messages (1)")
    page.press(Keys.ENTER)
    page.see(sent)
    page.focus("Open")
    page.press(Keys.ENTER)
    page.see("Show and edit the body")
    page.press(Keys.ESCAPE)
    page.see_no("Show and edit the body")
