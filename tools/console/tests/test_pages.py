"""Each page on real traffic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conftest import ENVIRONMENT
from pipeline_cli.declared_stages import services
from pipeline_cli.recent_outcomes import RecentOutcomes
from pipeline_cli.snapshot import take
from pipeline_cli.target import Target, client_of
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.repository_copy import REPOSITORY
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from browser import Page
    from local_aws.aws import AwsEndpoint
    from pipeline_e2e.stack import Stack


def _outcomes(target: Target) -> str:
    seen = take(target, services(REPOSITORY)).outcomes
    assert isinstance(seen, RecentOutcomes)
    return f"{seen.stored:,} stored, {seen.rejected:,} rejected, {seen.failed:,} failed"


def test_the_overview_counts_what_happens(page: Page, stack: Stack, endpoint: AwsEndpoint) -> None:
    target = Target(ENVIRONMENT, client_of(endpoint))
    page.see("Overview", "validate", "transform", "store", "receives messages")
    stack.send(body(), body(label="b"), INVALID)
    stack.wait_until_drained()

    page.see("Invalid messages (1)")
    page.see("Table", "messages/s", "none of 7 is on, 7 without data")
    # The numbers that status counts; earlier tests have added to them.
    page.wait(lambda: _outcomes(target) in page.text(), "the same outcomes as those of status")
    assert page.driver.execute_script("return document.querySelectorAll('.chart canvas, .chart svg').length") == 1
    page.picture("overview")


def test_an_execution_is_found_by_its_status_and_shows_its_operations(page: Page, stack: Stack) -> None:
    (sent,) = stack.send(body(label="looked-for"))
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{sent}")
    stack.wait_until_drained()
    page.open("/executions")
    page.see("SUCCEEDED")

    page.field("status").click()
    page.click_option("RUNNING")
    page.see("No executions match.")
    page.click_option("RUNNING")
    page.click_option("SUCCEEDED")
    page.see("SUCCEEDED")
    page.press(Keys.ESCAPE)
    page.follow("/execution?arn=")

    page.see("Operations", "execution", "validate", "transform", "store")
    assert "looked-for" not in page.text()
    page.picture("execution")
    page.click("Show data", row="validate")
    page.see("input", "result", sent)
    page.click("Close")


def test_an_execution_that_is_not_there_says_so(page: Page) -> None:
    page.open("/execution?arn=" + "00000000-0000-4000-8000-000000000000%2F00000000-0000-4000-8000-000000000000")

    page.see("There is no such execution")


def test_a_message_is_traced_to_its_item(page: Page, stack: Stack) -> None:
    (sent,) = stack.send(body(label="personal"))
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{sent}")
    stack.wait_until_drained()
    page.open("/messages")
    page.field("message id, or the execution_id of a record").send_keys(f"  {sent}\n")

    page.see(f"{ENVIRONMENT}-esm-{sent}", "in the table", "Delivery 1", "Its execution", "stored")
    assert "personal" not in page.text()
    page.picture("message")
    page.click("Show the body")
    page.click("Show the item")
    page.see('"label": "personal"', '"stored_at"')


def test_an_unknown_message_says_so(page: Page) -> None:
    page.open("/messages?id=00000000-0000-4000-8000-000000000000")
    page.see("Nothing is known about it")

    page.open("/messages?id=prod-esm-00000000-0000-4000-8000-000000000000")
    page.see("this is a record of prod")


def test_a_hostile_message_is_text_everywhere(page: Page, stack: Stack) -> None:
    hostile = "<script>window.hit=1</script><img src=x onerror=window.hit=1>\x1b[2J\u202e{{7*7}}"
    (good,) = stack.send(body(label=hostile, idempotency_key=f"key-{hostile[:40]}"))
    stack.send(json.dumps({"processing_type": hostile, hostile: hostile}))
    stack.wait_until_drained()

    page.open(f"/messages?id={good}")
    page.see("Show the body")
    page.click("Show the body")
    page.click("Show the item")
    page.see("<script>window.hit=1</script><img src=x onerror=window.hit=1>\\u001b[2J\\u202e{{7*7}}")
    page.open("/invalid")
    page.click("Open")
    page.click("Show and edit the body")
    page.see("Plan its resend")
    assert "\u202e" not in str(page.field("body").get_attribute("value"))
    page.click("Plan its resend")
    page.see("Nothing would be sent or deleted.")
    page.click("Cancel")

    assert page.driver.execute_script("return window.hit") is None
    assert "\u202e" not in page.text()
    assert "\x1b" not in page.text()
