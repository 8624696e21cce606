"""An environment that does not respond, refuses calls, or goes away; and a console that stops."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
from browser import Page
from conftest import ENVIRONMENT
from pipeline_cli.app import main
from pipeline_e2e.permissions import access_key
from running_console import running
from way import way_to

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from local_aws.aws import AwsEndpoint
    from pipeline_e2e.stack import Stack
    from selenium.webdriver import Chrome


def test_an_environment_that_goes_away_comes_back(driver: Chrome, endpoint: AwsEndpoint, pictures: Path) -> None:
    with way_to(endpoint) as (way, there), running(ENVIRONMENT, there.variables()) as (address, _):
        page = Page(driver, address, pictures)
        page.see("receives messages", "none of 7 is on")
        way.is_gone()
        page.see("nothing answers at")
        way.is_back()
        page.see_no("nothing answers at")

        way.is_silent()
        page.see(f"{ENVIRONMENT} has not answered for")
        way.is_back()
        page.see_no("has not answered for")


def test_a_call_that_fails_is_shown_where_its_answer_would_be(page: Page, stack: Stack) -> None:
    (sent,) = stack.send("{}")
    stack.wait_until_drained()
    with stack.without_table():
        page.open("/invalid")
        page.see(sent)
        page.click("Select all shown")
        page.click("Resend the selected")
        page.see("ResourceNotFoundException", "Also ask the services of this checkout")
        page.click("Cancel")
    page.see(sent)


def test_missing_permissions_are_reported(driver: Chrome, endpoint: AwsEndpoint, stack: Stack, pictures: Path) -> None:
    stack.send("not json")
    stack.wait_until_drained()
    key, secret = access_key(endpoint, ENVIRONMENT, "readers")
    variables = endpoint.variables() | {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    with running(ENVIRONMENT, variables) as (address, _):
        page = Page(driver, address, pictures)
        page.open("/invalid")
        page.click("Select all shown")
        page.click("Discard the selected")
        page.see("delete 1 for good")
        page.click("Discard")
        page.see("logs:CreateLogStream", "operators")
        page.click("Close")
    assert len(stack.wait_for_rejected(1)) == 1


def test_a_console_that_ends_is_told_in_the_page(driver: Chrome, endpoint: AwsEndpoint, pictures: Path) -> None:
    with running(ENVIRONMENT, endpoint.variables()) as (address, process):
        page = Page(driver, address, pictures)
        page.see("Overview")
        process.kill()
        process.wait()
        page.see("Connection lost.")


def test_a_tab_that_was_suspended_keeps_its_edit(page: Page, stack: Stack) -> None:
    (sent,) = stack.send("not json")
    stack.wait_until_drained()
    page.open("/invalid")
    page.click("Open", row=sent)
    page.click("Show and edit the body")
    page.field("body").send_keys("mine: ")
    page.see("the body is not JSON")
    page.suspend(seconds=12)
    page.click("Plan its resend")
    page.see("(edited)")
    page.click("Cancel")


def test_it_is_served_to_this_machine_alone(address: str) -> None:
    port = urlsplit(address).port or 0
    listening = {one.laddr for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN}

    assert [one for one in listening if port in one] == [("127.0.0.1", port)]


def test_a_port_that_is_taken_is_refused(
    endpoint: AwsEndpoint, address: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in endpoint.variables().items():
        monkeypatch.setenv(name, value)
    port = str(urlsplit(address).port)

    assert main(["console", "--env", ENVIRONMENT, "--no-browser", "--port", port]) == 1
    assert f"port {port} of 127.0.0.1 is not available" in capfd.readouterr().err


def test_ctrl_c_ends_it(endpoint: AwsEndpoint) -> None:
    with running(ENVIRONMENT, endpoint.variables()) as (_, process):
        process.send_signal(2)
        assert process.wait(timeout=60) == 0
        assert process.stdout
        assert process.stdout.read() == "stopping\n"
