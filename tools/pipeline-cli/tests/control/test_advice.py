"""Advice to an operator whose access to AWS does not work."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from local_aws.ports import reserve_port
from pipeline_cli.advice import advice, policy_for
from pipeline_cli.app import main
from pipeline_cli.repository import ROOT_TEMPLATE
from pipeline_cli.target import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
REGION = {"AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with no AWS configuration at all."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "no region: set AWS_DEFAULT_REGION, or AWS_PROFILE to a profile that has one"),
        (REGION, "no credentials: set AWS_PROFILE, or sign in, for example with aws sso login"),
        (REGION | {"AWS_ACCESS_KEY_ID": "x"}, "set AWS_PROFILE, or both parts of an access key"),
        (REGION | {"AWS_PROFILE": "nobody"}, "(nobody) could not be found: set AWS_PROFILE to a profile of"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert main(["status", "--env", "dev"]) == 1
    assert told in capsys.readouterr().err


def test_an_environment_of_this_machine_that_has_ended_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (tmp_path / ROOT_TEMPLATE, tmp_path / VARIABLES):
        path.parent.mkdir()
        path.touch()
    url = f"http://127.0.0.1:{reserve_port()}"
    (tmp_path / VARIABLES).write_text(f"export AWS_ENDPOINT_URL={url}\n")
    stages = tmp_path / "services/orchestrator/pipeline.json"
    stages.parent.mkdir(parents=True)
    stages.write_text('{"stages": []}')
    monkeypatch.chdir(tmp_path)

    assert main(["status"]) == 1
    assert f"nothing answers at {url}/, on this machine: start ./nox -s local again" in capsys.readouterr().err


@contextmanager
def answering(code: str, message: str) -> Iterator[str]:
    """An AWS on this machine that responds to everything with an error."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"__type": code, "message": message}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


DENIED = "User: arn:aws:iam::1:user/me is not authorized to perform: ssm:GetParameters on resource: *"


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("ExpiredTokenException", "expired", "the credentials have expired: sign in again, for example with aws sso"),
        ("UnrecognizedClientException", "no", "AWS does not accept the credentials (UnrecognizedClientException)"),
        ("AccessDeniedException", DENIED, "not allowed: ssm:GetParameters. It is in the policy readers of the stack"),
        ("InternalServerError", "words of its own", "words of its own"),
    ],
)
def test_an_error_of_aws_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, message: str, told: str
) -> None:
    for name, value in (REGION | KEYS).items():
        monkeypatch.setenv(name, value)
    with answering(code, message) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        assert main(["status", "--env", "dev"]) == 1

    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (exceptions.UnauthorizedSSOTokenError(), "the sign-in has expired: sign in again"),
        (exceptions.SSOTokenLoadError(error_msg="no file"), "the sign-in has expired: sign in again"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), "the sign-in has expired: sign in again"),
        (exceptions.CredentialRetrievalError(provider="process", error_msg="x"), "no credentials: sign in again"),
        (exceptions.EndpointConnectionError(endpoint_url="https://sqs.eu-x-1.amazonaws.com"), "the region"),
        (exceptions.ConnectTimeoutError(endpoint_url="https://sqs.eu-west-1.amazonaws.com"), "Check the network"),
        (exceptions.SSLError(endpoint_url="https://sqs.amazonaws.com", error=OSError("x")), "Check the network"),
        (exceptions.ProxyConnectionError(proxy_url="http://proxy"), "Check the network, the proxy"),
        (exceptions.UnknownServiceError(service_name="x", known_service_names="y"), "Unknown service"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_on_the_way_say_what_to_check(error: BotoCoreError, told: str) -> None:
    assert told in advice(error)


@pytest.mark.parametrize(
    ("action", "policy"),
    [
        ("lambda:GetDurableExecutionHistory", "readers"),
        ("sqs:ReceiveMessage", "readers"),
        ("ListDurableExecutionsByFunction", "readers"),
        ("lambda:UpdateEventSourceMapping", "operators"),
        ("sqs:DeleteMessage", "operators"),
        ("logs:PutLogEvents", "operators"),
        ("dynamodb:DeleteItem", "erasers"),
        ("lambda:DeleteDurableExecution", "erasers"),
        ("cloudformation:CreateStack", ""),
    ],
)
def test_the_policy_that_allows_an_action_is_named(action: str, policy: str) -> None:
    assert policy_for(action) == policy


def test_an_action_that_no_policy_has_is_named_alone() -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "CreateStack")

    assert advice(error) == "not allowed: CreateStack. AWS says: AccessDenied"
