"""Handling the table's errors: responses from a socket, read by the real client."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from ministack import free_port
from pipeline_contracts import ErrorCode
from storer.adapters import DynamoDBTable, dynamodb_client
from storer.logic import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE = "processed"
ITEM = {"execution_id": "test-esm-1"}


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with the error that the server was given."""

    server: Any

    def do_POST(self) -> None:
        self.server.asked += 1
        self.server.user_agent = self.headers["User-Agent"]
        error = ""
        if self.server.error:
            error = json.dumps({"__type": f"com.amazonaws.dynamodb#{self.server.error}", "message": "no"})
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(error)))
        self.end_headers()
        self.wfile.write(error.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    server.asked = 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "error", "code", "asked"),
    [
        (400, "ValidationException", ErrorCode.NOT_STORABLE, 1),
        (400, "ProvisionedThroughputExceededException", ErrorCode.THROTTLED, 4),
        (400, "ThrottlingException", ErrorCode.THROTTLED, 4),
        (400, "RequestLimitExceeded", ErrorCode.THROTTLED, 4),
        (400, "AccessDeniedException", ErrorCode.UNAVAILABLE, 1),
        (500, "InternalServerError", ErrorCode.UNAVAILABLE, 4),
        (413, "", ErrorCode.NOT_STORABLE, 1),
    ],
)
def test_an_error_of_the_table_is_permanent_or_transient(
    server: Any, status: int, error: str, code: ErrorCode, asked: int
) -> None:
    server.status, server.error = status, error

    with pytest.raises(RefusedError) as raised:
        DynamoDBTable(dynamodb_client(), TABLE).put_new(ITEM, 1)

    assert raised.value.code is code
    assert str(raised.value) == f"PutItem: {error}" or not code.retryable
    assert server.asked == asked


@pytest.mark.parametrize("read", [DynamoDBTable.receipt, DynamoDBTable.digest_whole])
def test_an_item_that_cannot_be_read_may_be_readable_later(server: Any, read: Callable[..., object]) -> None:
    server.status, server.error = 400, "AccessDeniedException"

    with pytest.raises(RefusedError) as raised:
        read(DynamoDBTable(dynamodb_client(), TABLE), "test-esm-1")

    assert raised.value.code is ErrorCode.UNAVAILABLE


def test_requests_name_the_service_and_the_sdk(server: Any) -> None:
    server.status, server.error = 400, "ValidationException"

    with pytest.raises(RefusedError):
        DynamoDBTable(dynamodb_client(), TABLE).put_new(ITEM, 1)

    assert re.match(r"durable-pipeline-storer Botocore/[\d.]+", server.user_agent)


def test_an_endpoint_that_does_not_answer_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(RefusedError) as raised:
        DynamoDBTable(dynamodb_client(), TABLE).put_new(ITEM, 1)

    assert raised.value.code is ErrorCode.UNAVAILABLE
