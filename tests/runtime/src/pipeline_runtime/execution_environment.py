"""One process of a function, in AWS's runtime interface client, and the runtime API that serves it invocations.

The protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_runtime.loopback_server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/2018-06-01/runtime"
MAX_RESPONSE_BYTES = 6_291_556
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, and the error's own text."""


@dataclass(frozen=True)
class Answer:
    """The result of an invocation: the response of the function, or the error that Invoke reports."""

    payload: bytes
    is_error: bool = False

    @classmethod
    def error(cls, kind: str, message: str) -> Answer:
        """Return an error that Lambda itself reports."""
        return cls(json.dumps({"errorType": kind, "errorMessage": message}).encode(), is_error=True)

    def read(self) -> Any:
        """Parse the payload."""
        return json.loads(self.payload)


READY = Answer(b"{}")
TOO_LARGE = Answer.error(
    "Function.ResponseSizeTooLarge",
    f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
)


class ExecutionEnvironment:
    """Starts the process, and stops with it.

    An exception of the handler is an answer like any other. If the process ends, Lambda reports an error of its own:
    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """

    def __init__(self, package: Path, handler: str, variables: Mapping[str, str], *, timeout: int, log: Path) -> None:
        """Start it in the folder of its package; ``timeout`` is the function's, in seconds."""
        self._timeout = timeout
        self._is_ready = self._is_spent = False
        self._requests: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._server = LoopbackServer(_handler_of(self))
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [os.environ["AWSLAMBDARIC_PYTHON"], "-m", "awslambdaric", handler],
                cwd=package,
                env={**variables, "AWS_LAMBDA_RUNTIME_API": self._server.address},
                stdout=output,
                stderr=output,
            )
        threading.Thread(target=self._watch, daemon=True).start()
        self.started = self._answers.get()
        """An error if the handler cannot be imported."""

    def invoke(self, payload: bytes) -> Answer:
        """Let the function handle one event."""
        self._requests.put((str(uuid.uuid4()), payload))
        answer = self._answers.get()
        self._is_spent = answer is TOO_LARGE  # the client gives up
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process is gone, or is about to."""
        return self._is_spent or self._process.poll() is not None

    @property
    def peak_megabytes(self) -> float:
        """The peak memory of the process. Its usage as a child would include that of its parent."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak) / 1_024

    def close(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        self._requests.put(None)
        self._server.close()

    def next_invocation(self) -> tuple[dict[str, str], bytes] | None:
        """Wait for the next event; None if there will be none. The first request means that the start succeeded."""
        if not self._is_ready:
            self._is_ready = True
            self.report(READY)
        if (request := self._requests.get()) is None:
            return None
        deadline = int((time.time() + self._timeout) * 1_000)
        return {"Lambda-Runtime-Aws-Request-Id": request[0], "Lambda-Runtime-Deadline-Ms": str(deadline)}, request[1]

    def report(self, answer: Answer) -> None:
        """Record the result of the start, or of an invocation."""
        self._answers.put(answer)

    def _watch(self) -> None:
        status = self._process.wait()
        why = f"with error: exit status {status}" if status else "without providing a reason"
        self._answers.put(Answer.error("Runtime.ExitError", f"Error: Runtime exited {why}"))


def _handler_of(environment: ExecutionEnvironment) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path == f"{API}/invocation/next"
            if invocation := environment.next_invocation():
                self._answer(200, invocation[1], **invocation[0])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/response") and len(body) > MAX_RESPONSE_BYTES:
                why = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
                environment.report(TOO_LARGE)
                self._answer(413, Answer.error("RequestEntityTooLarge", why).payload)
            else:
                environment.report(Answer(body, is_error=self.path.endswith("/error")))
                self._answer(202, b'{"status":"OK"}')

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return RuntimeApi
