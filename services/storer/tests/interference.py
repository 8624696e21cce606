"""A table with altered responses to batches: a server between the client and MiniStack, which stores the items."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = tuple[int, bytes]
    Interference = Callable[[Callable[[], Answer]], Answer | None]
    """Responds to a batch, given a function that executes it; None breaks the connection."""


def unchanged(execute: Callable[[], Answer]) -> Answer | None:
    return execute()


def refusal(code: str, status: int = 400) -> Answer:
    return status, json.dumps({"__type": f"com.amazonaws.dynamodb#{code}", "message": "no"}).encode()


class Table(ThreadingHTTPServer):
    """Executes every call at MiniStack, unless told otherwise."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = endpoint
        self.calls: Counter[str] = Counter()
        self.interference: Interference = unchanged
        self.refused_put = ""
        """The `execution_id` of an item that PutItem refuses."""


class _Handler(BaseHTTPRequestHandler):
    server: Table

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        self.server.calls[operation] += 1
        request = self.rfile.read(int(self.headers["Content-Length"]))

        def execute() -> Answer:
            sent = urllib.request.Request(self.server.endpoint, request, dict(self.headers))
            try:
                with urllib.request.urlopen(sent, timeout=60) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read()

        answer: Answer | None
        if operation == "BatchExecuteStatement":
            answer = self.server.interference(execute)
        elif operation == "PutItem" and json.loads(request)["Item"]["execution_id"]["S"] == self.server.refused_put:
            answer = refusal("ValidationException")
        else:
            answer = execute()
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def with_entries(change: Callable[[list[Any]], Any]) -> Interference:
    """Execute the batch, and change the entries of the response."""

    def interfere(execute: Callable[[], Answer]) -> Answer:
        status, body = execute()
        answer: dict[str, Any] = json.loads(body)
        return status, json.dumps(answer | {"Responses": change(answer["Responses"])}).encode()

    return interfere


def instead(status: int, body: bytes) -> Interference:
    """Return this response, and execute nothing."""
    return lambda _: (status, body)
